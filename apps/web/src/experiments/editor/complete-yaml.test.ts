import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { CompletionContext } from "@codemirror/autocomplete";
import { EditorState } from "@codemirror/state";
import { expect, test } from "vitest";
import type { Schema } from "../../forms/json-schema.ts";
import { completeYaml } from "./complete-yaml.ts";

const schema = JSON.parse(
  await readFile(join(import.meta.dirname, "../../../../../config/experiment.schema.json"), "utf8"),
) as Schema;

/** What is offered where `|` stands. */
async function offered(text: string): Promise<string[]> {
  const at = text.indexOf("|");
  const state = EditorState.create({ doc: text.replace("|", "") });
  const found = await completeYaml(schema, [])(new CompletionContext(state, at, true));
  return found?.options.map(({ label }) => label) ?? [];
}

const start = `experiments:
  - name: one
    target: database
    skills:
      - skill_name: db.table_lock
        params:
          tables: [orders]
`;

test("keys of an experiment that are not there yet", async () => {
  const keys = await offered(`${start}    |`);
  expect(keys).toEqual(expect.arrayContaining(["duration", "hypothesis", "steady_state"]));
  expect(keys).not.toContain("name");
});

test("params are those of the skill that is named beside them", async () => {
  expect(await offered(`${start}          |`)).toContain("mode");
  expect(await offered(start.replace("table_lock", "insert_load").replace("tables: [orders]", "|"))).toContain(
    "rows_per_table",
  );
});

test("values: skills by name, and what a param may be", async () => {
  expect(await offered(start.replace("db.table_lock", "|"))).toContain("k8s.pod_kill");
  expect(await offered(`${start}          mode: |`)).toContain("access exclusive");
});

test("a second item of a list is offered the keys of an item", async () => {
  expect(await offered(`${start}      - |`)).toEqual(expect.arrayContaining(["skill_name", "at", "duration"]));
});

test("where the text cannot be read, the keys of a file are offered", async () => {
  expect(await offered("{{{ : - |")).toContain("experiments");
});
