import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { fixtureCatalog } from "./catalog.fixture.ts";
import { parseExperimentFile, renderDiagnostics } from "./index.ts";

describe("whatever is in a file", () => {
  const judge = (input: string | Uint8Array) => {
    const options = { catalog: fixtureCatalog, env: {}, file: "test.yaml", purpose: "run" } as const;
    const { diagnostics, experiments, kind } = parseExperimentFile(input, options);
    const isClean = diagnostics.length === 0;
    expect(isClean || diagnostics.every(({ line, column, message }) => line > 0 && column > 0 && message !== "")).toBe(
      true,
    );
    if (isClean) expect(experiments.length > 0 || kind === "llm").toBe(true);
    // oxlint-disable-next-line no-control-regex -- nothing a terminal would obey
    expect(renderDiagnostics(diagnostics)).not.toMatch(/[\x00-\x08\x0b-\x1f\x7f]/);
  };

  test("any bytes give diagnostics or experiments, never an exception", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), judge));
  });

  test("any text does", () => {
    const word = fc.constantFrom("experiments:", "- ", "name: ", "\n", "  ", "&a ", "*a", "[", "]", "{", "}", '"', "'");
    const more = fc.constantFrom(
      "<<: ",
      "${",
      "}",
      "|\n",
      "? ",
      "!t ",
      "#",
      "---\n",
      "\t",
      "target: db",
      ": ",
      "%YAML 1.1\n",
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(word, more, fc.string({ maxLength: 5 })), { maxLength: 60 }), (parts) =>
        judge(parts.join("")),
      ),
    );
  });

  test("any good file with any edit does", () => {
    const folder = join(import.meta.dirname, "corpus");
    const texts = globSync("*.yaml", { cwd: folder }).map((file) => readFileSync(join(folder, file), "utf8"));
    const edit = fc.tuple(fc.constantFrom(...texts), fc.nat(), fc.nat(8), fc.string({ maxLength: 6 }));
    fc.assert(
      fc.property(edit, ([text, where, gone, put]) => {
        const at = where % (text.length + 1);
        judge(text.slice(0, at) + put + text.slice(at + gone));
      }),
    );
  });

  test("any value where any other is expected does", () => {
    fc.assert(fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => judge(stringify(value))));
    const keys = ["name", "target", "target_config", "targets", "skills", "duration", "steady_state", "guards", "tags"];
    const wrong = fc.dictionary(fc.constantFrom(...keys), fc.jsonValue({ maxDepth: 3 }));
    fc.assert(fc.property(wrong, (experiment) => judge(stringify({ experiments: [experiment] }))));
  });

  test.each([
    ["brackets", "[".repeat(20_000)],
    ["dashes", "- ".repeat(20_000)],
    ["keys", Array.from({ length: 5_000 }, (_, i) => `k${i}: 1`).join("\n")],
    ["one long line", `experiments: [{ name: "${"x".repeat(200_000)}" }]`],
  ])("a file of %s is answered in time", (_, text) => {
    judge(text);
  });
});
