import { writeFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Playground, launcher, root } from "./chaos.ts";

let playground: Playground;
beforeAll(async () => void (playground = await Playground.open()));
afterAll(() => playground[Symbol.asyncDispose]());
const chaos = (...args: string[]) => playground.run(args);

const commands =
  "init validate discover run list-skills show runs report events recover doctor halt resume completion help".split(
    " ",
  );

describe("help", () => {
  test("lists every command and the exit codes", async () => {
    const { code, stdout, stderr } = await chaos("--help");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    for (const command of commands) expect(stdout).toMatch(new RegExp(`^  ${command} `, "m"));
    expect(stdout).toContain("Exit codes");
    expect(stdout).not.toContain("__complete");
  });

  test.for(commands)("%s --help shows what it takes, with examples", async (command) => {
    const [option, topic] = await Promise.all([chaos(command, "--help"), chaos("help", command)]);
    expect(option.code).toBe(0);
    expect(option.stdout).toContain(`Usage: chaos ${command}`);
    if (command !== "help") expect(option.stdout).toContain("Examples:");
    expect(topic.stdout).toBe(option.stdout);
  });

  test("exit codes are documented, one a line", async () => {
    const { stdout } = await chaos("help", "exit-codes");
    for (const code of [0, 1, 2, 3, 4, 5, 130]) expect(stdout).toMatch(new RegExp(`^ +${code}  `, "m"));
  });

  test("lines fit a narrow terminal", async () => {
    const typed = `stty cols 60; ${launcher} --help`;
    const { stdout } = await playground.run(["-qec", typed, "/dev/null"], {
      command: "script",
      env: { TERM: "xterm" },
    });
    const lines = stdout.replaceAll("\r", "").split("\n");
    expect(lines.length).toBeGreaterThan(20);
    expect(lines.filter((line) => line.length > 60)).toEqual([]);
  });
});

describe("a wrong command line", () => {
  test.for([
    { typed: ["rnu"], says: ["unknown command 'rnu'", "did you mean run?"] },
    { typed: ["runs", "--jsn"], says: ["unknown option '--jsn'", "did you mean --json?"] },
    { typed: ["run"], says: ["missing required argument 'file'"] },
    { typed: ["report", "last", "--format", "pdf"], says: ["Allowed choices are text, html, json, junit"] },
    { typed: ["completion", "tcsh"], says: ["Allowed choices are bash, zsh, fish"] },
    { typed: ["list-skills", "--target", "databas"], says: ['no kind of target "databas"', "did you mean database?"] },
    {
      typed: ["list-skills", "--target", "mainframe"],
      says: ["there are: database, db, kubernetes, k8s, server, srv"],
    },
    { typed: ["show", "db.table_lok"], says: ['no skill "db.table_lok"', "did you mean db.table_lock?"] },
    { typed: ["help", "exit-cods"], says: ["did you mean exit-codes?"] },
    { typed: ["run", "nothing.yaml"], says: ["nothing.yaml"] },
    { typed: ["report", "last"], says: ["no run was made yet"] },
    { typed: ["recover", "2026"], says: ["no run was made yet"] },
    { typed: ["recover", "--all", "--sweep", "x.yaml"], says: ["exclude each other"] },
    { typed: ["halt", "--timeout", "soon"], says: ["--timeout soon is not a duration"] },
    { typed: ["init", "--duration", "long"], says: ["long is not a duration"] },
    { typed: ["run", "x.yaml", "--seed", "1.5"], says: ["whole number"] },
  ])("chaos $typed is told, with code 2", async ({ typed, says }) => {
    const { code, stdout, stderr } = await chaos(...typed);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    for (const part of says) expect(stderr).toContain(part);
    expect(stderr).toMatch(/^error: /);
    expect(stderr).not.toMatch(/^ +at /m);
  });

  test("a secret in it is not repeated", async () => {
    const { stderr } = await chaos("postgres://chaos:geheim@db/shop");
    expect(stderr).toContain("unknown command");
    expect(stderr).not.toContain("geheim");
  });
});

describe("list-skills", () => {
  const kinds = { database: "db", kubernetes: "k8s", server: "srv" };

  test("[CA-01] shows skill, target and description of every skill", async () => {
    const { code, stdout } = await chaos("list-skills");
    expect(code).toBe(0);
    const [heading, ...lines] = stdout.trimEnd().split("\n");
    expect(heading!.trim().split(/ {2,}/)).toEqual(["SKILL", "TARGET", "DESCRIPTION"]);
    for (const line of lines) expect(line).toMatch(/^(db|k8s|server)\.\w+ {2,}(database|kubernetes|server) {2,}\S/);
    for (const name of ["db.insert_load", "k8s.pod_kill", "server.disk_fill"]) expect(stdout).toContain(name);
  });

  test.for(Object.entries(kinds))("[CA-01] --target %s, or %s, shows only those", async ([kind, alias]) => {
    const [long, short] = await Promise.all([
      chaos("list-skills", "--target", kind),
      chaos("list-skills", "--target", alias),
    ]);
    expect(short.stdout).toBe(long.stdout);
    const targets = long.stdout
      .trimEnd()
      .split("\n")
      .slice(1)
      .map((line) => line.split(/ {2,}/)[1]);
    expect(new Set(targets)).toEqual(new Set([kind]));
  });

  test("--json has each with its target", async () => {
    const skills = JSON.parse((await chaos("list-skills", "--json")).stdout) as Record<string, unknown>[];
    expect(skills).toContainEqual(expect.objectContaining({ skill: "db.table_lock", target: "database" }));
    expect(skills).toContainEqual(expect.objectContaining({ skill: "k8s.pod_kill", target: "kubernetes" }));
  });
});

describe("show", () => {
  test("explains params, effect, undo and what it is worth, and shows an example that is valid", async () => {
    const { code, stdout } = await chaos("show", "db.table_lock");
    expect(code).toBe(0);
    for (const part of ["Effect", "Undo", "exact", "How it is seen", "Params", "tables", "default"]) {
      expect(stdout).toContain(part);
    }
    const { example } = JSON.parse((await chaos("show", "db.table_lock", "--json")).stdout) as { example: string };
    const file = playground.path("shown.yaml");
    const target =
      "target: database\n    target_config: { connection_url: 'postgres://localhost/x', db_type: postgres }";
    await writeFile(
      file,
      `experiments:\n  - name: shown\n    ${target}\n${example.replaceAll(/^/gm, "    ").trimEnd()}\n`,
    );
    expect(await chaos("validate", file)).toMatchObject({ code: 0, stderr: "" });
  });
});

describe("init", () => {
  test("writes a file that is valid, and never over another", async () => {
    const file = playground.path("first.yaml");
    const args = ["init", file, "--target", "db", "--skill", "db.table_lock", "--duration", "30s"];
    const first = await chaos(...args);
    expect(first).toMatchObject({ code: 0, stderr: "" });
    expect(await chaos("validate", file)).toMatchObject({ code: 0 });
    const again = await chaos(...args);
    expect(again.code).toBe(2);
    expect(again.stderr).toContain("--force");
    expect(await chaos(...args, "--force")).toMatchObject({ code: 0 });
  });
});

describe("the launcher", () => {
  test("works from any folder, through links, with an old node or none in PATH", async () => {
    await playground.run(["-s", launcher, playground.path("link")], { command: "ln" });
    await playground.run(["-s", "link", playground.path("link-to-link")], { command: "ln" });
    const typed = { command: playground.path("link-to-link"), env: { PATH: "/usr/bin:/bin" } };
    expect(await playground.run(["--version"], typed)).toMatchObject({ code: 0, stdout: "0.1.0\n", stderr: "" });
  });

  test("says what to do where npm install was not run", async () => {
    await playground.run([launcher, playground.path("chaos")], { command: "cp" });
    const { code, stderr } = await playground.run(["--version"], { command: playground.path("chaos") });
    expect(code).toBe(1);
    expect(stderr).toContain("npm install");
  });
});

describe("colours", () => {
  const escape = "\u001b[";
  test.for([
    { env: {}, coloured: false },
    { env: { FORCE_COLOR: "1" }, coloured: true },
    { env: { FORCE_COLOR: "1", NO_COLOR: "1" }, coloured: false },
  ])("in a pipe with $env: $coloured", async ({ env, coloured }) => {
    const { stdout } = await playground.run(["list-skills"], { env });
    expect(stdout.includes(escape)).toBe(coloured);
  });

  test.for([
    { env: { TERM: "xterm-256color" }, coloured: true },
    { env: { TERM: "dumb" }, coloured: false },
    { env: { TERM: "xterm-256color", NO_COLOR: "1" }, coloured: false },
  ])("on a terminal with $env: $coloured", async ({ env, coloured }) => {
    const { stdout } = await playground.run(["-qec", `${launcher} list-skills`, "/dev/null"], {
      command: "script",
      env,
    });
    expect(stdout.includes(escape)).toBe(coloured);
  });
});

describe("validate", () => {
  const documents = ["db", "k8s", "server", "llm"].map((name) => `config/example-${name}.yaml`);

  test.for([...documents, "config/daemon.yaml"])("[CA-04] %s is valid", async (file) => {
    const { code, stdout, stderr } = await chaos("validate", `${root}/${file}`);
    expect({ code, stdout, stderr }).toMatchObject({ code: 0, stdout: expect.stringContaining("valid") });
  });

  test("[CA-04] tells every problem at once, each with its place, a caret and a hint", async () => {
    const file = playground.path("wrong.yaml");
    await writeFile(
      file,
      "experiments:\n  - name: wrong\n    target: databse\n    duraton: 5m\n    skills:\n      - skill_name: db.table_lok\n",
    );
    const { code, stdout, stderr } = await chaos("validate", file);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    for (const place of [`${file}:3:13:`, `${file}:4:5:`]) expect(stderr).toContain(place);
    expect(stderr).toContain('did you mean "duration"?');
    expect(stderr).toMatch(/^ +\| +\^+$/m);
    const [told] = JSON.parse((await chaos("validate", file, "--json")).stdout) as [
      { valid: boolean; diagnostics: object[] },
    ];
    expect(told.valid).toBe(false);
    expect(told.diagnostics).toContainEqual(
      expect.objectContaining({ line: 4, column: 5, path: "experiments[0].duraton" }),
    );
  });
});
