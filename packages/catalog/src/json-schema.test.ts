import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { experimentJsonSchema } from "@chaos-agents/experiment-file";
import { Ajv } from "ajv";
import { describe, expect, test } from "vitest";
import { parse as parseYaml } from "yaml";
import { documents } from "./documents.fixture.ts";
import { catalog } from "./index.ts";

const config = join(import.meta.dirname, "../../../config");
const examples = globSync("*.yaml", { cwd: config }).sort();
const corpus = join(import.meta.dirname, "../../experiment-file/src/corpus");

describe("the JSON Schema", () => {
  const schema = experimentJsonSchema(catalog);
  const accepts = new Ajv({ strict: false }).compile(schema);

  test("shipped in config/ is the one of this code: node packages/catalog/write-schema.ts writes it", () => {
    expect(JSON.parse(readFileSync(join(config, "experiment.schema.json"), "utf8"))).toEqual(schema);
  });

  test("says in words what every key is", () => {
    expect([...undescribed(schema, "")]).toEqual([]);
  });

  test.each(Object.entries(documents))("accepts the documents' %s file", (_, text) => {
    accepts(parseYaml(text));
    expect(accepts.errors ?? []).toEqual([]);
  });

  test.each(examples)("accepts config/%s", (name) => {
    accepts(parseYaml(readFileSync(join(config, name), "utf8")));
    expect(accepts.errors ?? []).toEqual([]);
  });

  const refused = `
    unknown-key-near name-missing target-unknown skill-unknown-near param-unknown param-wrong-type probe-type-unknown
    probe-param-unknown target-and-targets duration-wrong-unit duration-without-unit parallel-yes experiments-empty
    llm-mcp target-config-key blast-radius-unit`;

  test.each(
    refused
      .trim()
      .split(/\s+/)
      .map((name) => globSync(`*-${name}.yaml`, { cwd: corpus })[0]!),
  )("refuses %s", (name) => {
    expect(accepts(parseYaml(readFileSync(join(corpus, name), "utf8")))).toBe(false);
  });
});

/** The keys that a mapping may have, anywhere, of which nothing is said. What only tells cases apart describes no key. */
function* undescribed(node: unknown, path: string): Generator<string> {
  if (node === null || typeof node !== "object") return;
  if (!Array.isArray(node) && "properties" in node) {
    for (const [key, value] of Object.entries(node.properties as Record<string, object>)) {
      if (!("description" in value) && !("$ref" in value)) yield `${path}/${key}`;
    }
  }
  for (const [key, inner] of Object.entries(node)) if (key !== "if") yield* undescribed(inner, `${path}/${key}`);
}
