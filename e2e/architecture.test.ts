import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "..");

/** Which of our packages each room may import. Whatever is not here may import nothing of ours. */
const arrows: Record<string, string[]> = {
  "packages/core": [],
  "packages/engine": ["core"],
  "packages/journal": ["core", "engine"],
  "packages/report": ["core"],
  "packages/experiment-file": ["core"],
  "packages/catalog": ["core", "engine", "database", "kubernetes", "host", "ssh", "microvm"],
  "packages/testkit": ["core", "engine", "journal"],
  "agents/database": ["core"],
  "agents/kubernetes": ["core"],
  "agents/host": ["core"],
  "hosts/ssh": ["core"],
  "hosts/microvm": ["core", "ssh"],
  "apps/cli": ["core", "engine", "journal", "report", "experiment-file", "catalog", "server"],
  "apps/server": ["core", "engine", "journal", "report", "experiment-file", "catalog"],
  "apps/web": ["core", "report"],
  "apps/demo": ["core", "engine", "journal", "report", "experiment-file", "catalog", "server", "testkit"],
};

const sources = globSync("{packages,agents,hosts,apps}/*/src/**/*.ts", { cwd: root });
const roomOf = (file: string) => file.split("/").slice(0, 2).join("/");
const importsOf = (file: string) => [
  ...readFileSync(join(root, file), "utf8").matchAll(/(?:from|import)\s*\(?\s*"@chaos-agents\/([\w-]+)"/g),
];
/** Tests, their fixtures, and programs that tests start. */
const isTest = (file: string) => /\.(test|fixture)\.ts$|\/test\//.test(file);

test("every room is known, and imports only what the house allows", () => {
  const wrong: string[] = [];
  for (const file of sources) {
    const room = roomOf(file);
    const allowed = arrows[room];
    if (!allowed) wrong.push(`${room} is not in the house`);
    for (const [, to] of importsOf(file)) {
      const fine = allowed?.includes(to!) || (isTest(file) && (to === "testkit" || room === "packages/testkit"));
      if (!fine && !isTest(file)) wrong.push(`${file} imports ${to}`);
    }
  }
  expect(wrong).toEqual([]);
});

test("nobody reaches into another room's files", () => {
  const wrong = sources.flatMap((file) =>
    [...readFileSync(join(root, file), "utf8").matchAll(/(?:from|import)\s*\(?\s*"(\.\.?\/[^"]+)"/g)]
      .map(([, path]) => join(file, "..", path!))
      .filter((path) => roomOf(path) !== roomOf(file))
      .map((path) => `${file} reaches into ${path}`),
  );
  expect(wrong).toEqual([]);
});
