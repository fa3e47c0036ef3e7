import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { catalog } from "@chaos-agents/catalog";
import { parseExperimentFile } from "@chaos-agents/experiment-file";
import { expect, test } from "vitest";
import { conformancePage } from "../scripts/docs/conformance.ts";
import { stalePages } from "../scripts/generate-docs.ts";
import { conformanceOf } from "../packages/testkit/src/ci-reporter.ts";

const root = join(import.meta.dirname, "..");
const pages = ["README.md", "CONTRIBUTING.md", ...globSync("docs/**/*.md", { cwd: root })].sort();
const read = (page: string) => readFileSync(join(root, page), "utf8");

test("generated pages are what the code says: node scripts/generate-docs.ts writes them", async () => {
  expect(await stalePages()).toEqual([]);
});

test("every key in a reference is explained", () => {
  const silent = pages
    .filter((page) => page.endsWith("-reference.md"))
    .flatMap((page) => read(page).split("\n"))
    .filter((line) => /^\| `.*\|\s*\|$/.test(line));
  expect(silent).toEqual([]);
});

test("pages link and show only what is there", () => {
  const broken = pages.flatMap((page) => {
    const text = read(page);
    const paths = [...text.matchAll(/\]\((?!https?:|#)([^)#\s]+)|src="([^"]+)"/g)].map(
      ([, link, image]) => link ?? image!,
    );
    return paths.filter((path) => !existsSync(join(root, dirname(page), path))).map((path) => `${page}: ${path}`);
  });
  expect(broken).toEqual([]);
});

test("whole experiments in pages are valid", () => {
  const wrong = pages.flatMap((page) => {
    const shown = [...read(page).matchAll(/```yaml\n(experiments:\n.*?)```/gs)].map(([, text]) => text!);
    const parse = (text: string) => parseExperimentFile(text, { catalog, env: {}, file: page, purpose: "validate" });
    return shown.flatMap((text) => parse(text).diagnostics.filter(({ level }) => level === "error"));
  });
  expect(wrong).toEqual([]);
});

test("ids in test names are counted and shown, those without a test too", () => {
  const file = "e2e/some.test.ts";
  const one = conformanceOf([
    { name: "a suite > [CA-01] [CA-04] two at once", file, state: "passed" },
    { name: "[CA-04] another", file, state: "failed" },
    { name: "no id", file, state: "passed" },
    { name: "[CA-06] not due", file, state: "skipped" },
  ]);
  const page = conformancePage([one, conformanceOf([{ name: "[CA-01] again", file, state: "passed" }])]);
  expect(page).toMatch(/\| CA-01 \|[^|]+\| 2 \| passed \| \[some.test.ts\]\(\.\.\/e2e\/some.test.ts\) \|/);
  expect(page).toMatch(/\| CA-04 \|[^|]+\| 2 \| \*\*1 failed\*\*, 1 passed \|/);
  expect(page).toMatch(/\| CA-02 \|[^|]+\| 0 \| \*\*no test\*\* \|/);
  expect(page).toContain("CA-06");
});
