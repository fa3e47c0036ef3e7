import { seededRandom } from "@chaos-agents/core";
import { expect, test } from "vitest";
import { type RowSources, planBatch } from "./row-maker.ts";
import { column, reference, table, unique } from "./table.fixture.ts";

const sources = (of: RowSources["table"], more: Partial<RowSources> = {}): RowSources => ({
  table: of,
  random: seededRandom(1),
  samples: [],
  parents: new Map(),
  references: null,
  freeFrom: new Map(),
  counted: undefined,
  ...more,
});
const rowsOf = (made: RowSources, size = 100, offset = 0, drawn: Parameters<typeof planBatch>[3] = null) => {
  const batch = planBatch(made, size, offset, drawn);
  return { ...batch, rows: Array.from({ length: size }, (_, n) => batch.row(n)) };
};
const valuesOf = ({ columns, rows }: ReturnType<typeof rowsOf>, name: string) =>
  rows.map((row) => row[columns.findIndex((one) => one.name === name)]!);

test("drawn keys are used one after the other, across gaps, and found again by their ranges", () => {
  const counted = column("id", "integer", { identity: "always" });
  const things = table([counted], { primaryKey: ["id"], indexes: [unique(["id"])] });
  const drawn = {
    ranges: [
      [10n, 20n],
      [40n, 45n],
    ] as [bigint, bigint][],
    step: 5n,
  };
  const batch = rowsOf(sources(things, { counted }), 5, 0, drawn);
  expect(valuesOf(batch, "id")).toEqual(["10", "15", "20", "40", "45"]);
  expect(batch.key).toEqual({
    column: "id",
    between: [
      ["10", "20"],
      ["40", "45"],
    ],
    step: "5",
  });
});

test.for([
  ["uuid", column("id", "uuid")],
  ["text", column("id", "text")],
  ["a word with little room", column("id", "text", { length: 8 })],
] as const)("a key of %s is new in every row, and all of a batch are found by what they have in common", ([, key]) => {
  const things = table([key], { primaryKey: ["id"], indexes: [unique(["id"])] });
  const batch = rowsOf(sources(things));
  const values = valuesOf(batch, "id");
  expect(new Set(values).size).toBe(100);
  for (const value of values) {
    expect(value.length).toBeLessThanOrEqual(key.length ?? 100);
    if (batch.key!.prefix !== undefined) expect(value.startsWith(batch.key!.prefix)).toBe(true);
    else for (const [low, high] of batch.key!.between!) expect(low <= value && value <= high).toBe(true);
  }
});

test("words too short to tell whose they are have no span: a stranger's could begin alike", () => {
  const things = table([column("id", "text", { length: 6 })], { primaryKey: ["id"], indexes: [unique(["id"])] });
  const batch = rowsOf(sources(things));
  expect(batch.key).toBeNull();
  expect(new Set(valuesOf(batch, "id")).size).toBe(100);
});

test("numbers go on where the batch before ended", () => {
  const things = table([column("n", "integer")], { indexes: [unique(["n"])] });
  const batch = rowsOf(sources(things, { freeFrom: new Map([["n", 1_000n]]) }), 3, 7);
  expect(valuesOf(batch, "n")).toEqual(["1007", "1008", "1009"]);
  expect(batch.key).toEqual({ column: "n", between: [["1007", "1009"]] });
});

test("whole rows are copied where rules look at them, and only free columns are made up", () => {
  const columns = [column("low", "integer"), column("high", "integer"), column("word", "text", { nullable: true })];
  const things = table(columns, { checks: [{ name: "order", expression: "CHECK ((low < high))" }] });
  const samples = Array.from({ length: 9 }, (_, n) => [String(n * 10), String(n * 10 + 1), n % 3 ? "old" : null]);
  const batch = rowsOf(sources(things, { samples }));
  for (const [low, high, word] of batch.rows) {
    expect(Number(high)).toBe(Number(low) + 1);
    expect(word === null).toBe(Number(low) % 30 === 0);
    expect(word).not.toBe("old");
  }
});

test("a text that must be new and obeys a rule stays like the one it is copied from", () => {
  const things = table([column("email", "text", { length: 30 })], {
    indexes: [unique(["email"])],
    checks: [{ name: "at", expression: "CHECK ((email ~ '@'::text))" }],
  });
  const values = valuesOf(rowsOf(sources(things, { samples: [["someone.with.a.long.name@shop.test"]] })), "email");
  expect(new Set(values).size).toBe(100);
  for (const value of values) expect(value).toMatch(/^[a-z0-9]+.*@shop\.test$/);
  expect(Math.max(...values.map((value) => value.length))).toBeLessThanOrEqual(30);
});

test("without rows to copy, references are to parents there are, and what cannot be made up is left to the server", () => {
  const columns = [column("parent", "integer"), column("tags", "array", { default: "'{}'" }), column("n", "integer")];
  const things = table(columns, { foreignKeys: [reference(["parent"])] });
  const batch = rowsOf(sources(things, { parents: new Map([["of_parents_parent", [["3"], ["4"]]]]) }));
  expect(batch.columns.map(({ name }) => name)).toEqual(["parent", "n"]);
  expect(new Set(valuesOf(batch, "parent"))).toEqual(new Set(["3", "4"]));
});

test("rows that are what they point to take the free pairs in turn", () => {
  const columns = [column("a", "integer"), column("b", "integer")];
  const foreignKeys = [reference(["a"], "as"), reference(["b"], "bs")];
  const things = table(columns, { foreignKeys, indexes: [unique(["a", "b"])] });
  const references = {
    columns: ["a", "b"],
    rows: [
      ["1", "1"],
      ["1", "2"],
      ["2", "1"],
    ],
  };
  expect(rowsOf(sources(things, { references, samples: [["9", "9"]] }), 2, 1).rows).toEqual([
    ["1", "2"],
    ["2", "1"],
  ]);
});

test("rows stand in nobody's way where an exclusion constraint looks", () => {
  const exclusion = unique(["room", "during"], { name: "no_overlap", unique: false });
  const during = (nullable: boolean) =>
    table([column("room", "integer"), column("during", "range", { nullable })], {
      exclusions: ["no_overlap"],
      indexes: [exclusion],
    });
  const samples = [["1", "[1,5)"]];
  expect(rowsOf(sources(during(true), { samples }), 1).rows).toEqual([["1", null]]);
  expect(rowsOf(sources(during(false), { samples }), 1).rows).toEqual([["1", "empty"]]);
});
