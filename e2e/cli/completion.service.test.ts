import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Playground, launcher } from "./chaos.ts";

let playground: Playground;
beforeAll(async () => {
  playground = await Playground.open();
  await writeFile(playground.path("shop.yaml"), "");
  await mkdir(playground.path("shops"));
});
afterAll(() => playground[Symbol.asyncDispose]());

const cases = [
  { line: ["ru"], offers: ["run", "runs"] },
  { line: ["run", "--dr"], offers: ["--dry-run"] },
  { line: ["run", "--dry-run", "--d"], offers: [] },
  { line: ["show", "db.table"], offers: ["db.table_lock"] },
  { line: ["list-skills", "--target", "k8"], offers: ["k8s"] },
  { line: ["report", "la"], offers: ["last"] },
  { line: ["report", "last", "--format", "j"], offers: ["json", "junit"] },
  { line: ["completion", "f"], offers: ["fish"] },
  { line: ["help", "exi"], offers: ["exit-codes"] },
  { line: ["run", "sho"], offers: ["shop.yaml", "shops"] },
  { line: ["recover", "--sweep", "shop."], offers: ["shop.yaml"] },
  { line: ["nothing", "x"], offers: [] },
];

describe("bash", () => {
  test.for(cases)("completes chaos $line to $offers", async ({ line, offers }) => {
    const words = ["chaos", ...line].map((word) => `'${word}'`).join(" ");
    const typed = `
      source <(chaos completion bash)
      COMP_WORDS=(${words}); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
      compopt() { options=$*; }
      _chaos
      # What readline does where the function offers nothing and file names are not switched off.
      if [[ \${#COMPREPLY[@]} == 0 && $options != *"+o default"* ]]; then
        COMPREPLY=($(compgen -f -- "\${COMP_WORDS[COMP_CWORD]}"))
      fi
      printf '%s\\n' "\${COMPREPLY[@]}"`;
    const env = { PATH: `${dirname(launcher)}:/usr/bin:/bin` };
    const { stdout, stderr } = await playground.run(["--norc", "-c", typed], { command: "bash", env });
    expect(stderr).toBe("");
    expect(stdout.split("\n").filter(Boolean).toSorted()).toEqual(offers);
  });

  test("evaluates nothing of what was typed", async () => {
    const typed = `source <(chaos completion bash); COMP_WORDS=(chaos 'run' '$(touch evaluated)' ''); COMP_CWORD=3; _chaos`;
    await playground.run(["--norc", "-c", typed], {
      command: "bash",
      env: { PATH: `${dirname(launcher)}:/usr/bin:/bin` },
    });
    const { stdout } = await playground.run([playground.folder], { command: "ls" });
    expect(stdout).not.toContain("evaluated");
  });
});

test("every script is there to be sourced", async () => {
  for (const [shell, part] of [
    ["bash", "complete -o default -F _chaos chaos"],
    ["zsh", "compdef _chaos chaos"],
    ["fish", "complete -c chaos"],
  ]) {
    const { code, stdout } = await playground.run(["completion", shell!]);
    expect(code).toBe(0);
    expect(stdout).toContain(part);
  }
});
