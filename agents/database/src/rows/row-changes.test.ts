import { expect, test } from "vitest";
import { changeableColumns, restorableColumns } from "./row-changes.ts";
import { column, reference, table, unique } from "./table.fixture.ts";

const names = (columns: readonly { name: string }[]) => columns.map(({ name }) => name);

test("keys, references, what others point to, unique and server-made columns stay as they are", () => {
  const columns = [
    column("id", "integer", { identity: "always" }),
    column("parent", "integer"),
    column("code", "text"),
    column("lower", "text"),
    column("twice", "integer", { generated: "stored" }),
    column("touched", "timestamp", { onUpdate: "CURRENT_TIMESTAMP" }),
    column("pointed_to", "integer"),
    column("free", "integer"),
  ];
  const things = table(columns, {
    primaryKey: ["id"],
    keys: [["id"]],
    indexes: [
      unique(["id"], { primary: true }),
      unique(["code"]),
      unique([null], { definition: "CREATE UNIQUE INDEX free ON public.things USING btree (lower(lower))" }),
    ],
    foreignKeys: [reference(["parent"])],
    referencedBy: [reference(["thing"], "things", { referencedColumns: ["pointed_to"] })],
  });
  expect(names(changeableColumns(things).open)).toEqual(["free"]);
});

test("what a rule looks at takes another row's value, the rest is made up", () => {
  const columns = [column("low", "integer"), column("lower", "integer"), column("shape", "geometry")];
  const things = table(columns, { keys: [], checks: [{ name: "positive", expression: "CHECK ((low > 0))" }] });
  const { open, free } = changeableColumns(things);
  expect(names(open)).toEqual(["low", "lower", "shape"]);
  expect(names(free), "a name within another one is not that name").toEqual(["lower"]);
});

test("more than was changed is put back where a trigger or the server changes more", () => {
  const columns = [
    column("id", "integer"),
    column("word", "text"),
    column("version", "integer"),
    column("touched", "timestamp", { onUpdate: "CURRENT_TIMESTAMP" }),
  ];
  const plain = table(columns, { keys: [["id"]] });
  expect(names(restorableColumns(plain, [columns[1]!]))).toEqual(["word", "touched"]);
  const trigger = { name: "t", kind: "trigger", timing: "before", enabled: true, definition: "" } as const;
  const watched = { ...plain, triggers: [{ ...trigger, events: ["update" as const] }] };
  expect(names(restorableColumns(watched, [columns[1]!]))).toEqual(["word", "version", "touched"]);
});
