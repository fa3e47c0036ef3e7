import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import type { Conformance } from "../packages/testkit/src/ci-reporter.ts";
import { conformancePage } from "./docs/conformance.ts";
import { experimentReference } from "./docs/experiment-reference.ts";
import { skillsReference } from "./docs/skills-reference.ts";

const root = join(import.meta.dirname, "..");

/** The pages that follow from the code alone. */
export const pages: Record<string, () => string> = {
  "docs/experiment-reference.md": experimentReference,
  "docs/skills-reference.md": skillsReference,
};

/** The pages that are not what the code would write now. */
export async function stalePages(): Promise<string[]> {
  const checked = Object.entries(pages).map(async ([path, make]) => {
    const there = await readFile(join(root, path), "utf8").catch(() => "");
    return there === make() ? [] : [path];
  });
  return (await Promise.all(checked)).flat();
}

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), text);
}

if (import.meta.main) {
  const { values, positionals } = parseArgs({
    options: { check: { type: "boolean" }, conformance: { type: "boolean" } },
    allowPositionals: true,
  });
  if (values.check) {
    const stale = await stalePages();
    for (const path of stale) console.error(`${path} is out of date: run \`node scripts/generate-docs.ts\``);
    process.exitCode = stale.length > 0 ? 1 : 0;
  } else if (values.conformance) {
    const runs = await Promise.all(positionals.map((path) => readFile(path, "utf8")));
    await write("docs/conformance.md", conformancePage(runs.map((text) => JSON.parse(text) as Conformance)));
  } else {
    for (const [path, make] of Object.entries(pages)) await write(path, make());
  }
}
