import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { expect, test } from "vitest";
import { fixtureCatalog } from "./catalog.fixture.ts";
import { parseExperimentFile, renderDiagnostics } from "./index.ts";

const folder = join(import.meta.dirname, "corpus");
const files = globSync("*.yaml", { cwd: folder }).sort();
const env = {
  WORDS: "many",
  HALF: "0.5",
  DATABASE_URL: "oracle://chaos:hunter2@localhost/shop",
};

test("the corpus is as large as promised", () => {
  expect(files.length).toBeGreaterThanOrEqual(60);
});

/** `vitest -u` writes new expectations: read them before you keep them. */
test.each(files)("%s says exactly what is wrong", async (file) => {
  const bytes = readFileSync(join(folder, file));
  const purpose = bytes.toString().startsWith("# purpose: run") ? "run" : "validate";
  const { diagnostics, experiments } = parseExperimentFile(bytes, { catalog: fixtureCatalog, env, file, purpose });
  expect(diagnostics).not.toEqual([]);
  expect(experiments.filter(({ experiment }) => experiment === undefined)).toEqual([]);
  const rendered = `${renderDiagnostics(diagnostics)}\n`;
  expect(rendered).not.toMatch(/hunter2|very-secret/);
  await expect(rendered).toMatchFileSnapshot(join(folder, `${basename(file, ".yaml")}.txt`));
});
