import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { SealedTable } from "./sealed-table.ts";

function tables() {
  const db = new DatabaseSync(":memory:");
  db.exec(`${SealedTable.schema("one")}; ${SealedTable.schema("two")}`);
  const one = new SealedTable<string>(db, "one");
  for (const id of [1, 2, 3]) one.put(id, `row ${id}`);
  return { db, one, two: new SealedTable<string>(db, "two") };
}

test("rows come back as they were put, the last time", () => {
  const { one } = tables();
  one.put(2, "again");
  expect([one.get(2), one.range(1, 3), one.range(3, 3), one.range(4, 3)]).toEqual([
    "again",
    ["row 1", "again", "row 3"],
    ["row 3"],
    [],
  ]);
});

test.each([
  ["a changed text", `UPDATE one SET json = '"row 5"' WHERE id = 2`, "one 2 does not match its checksum"],
  [
    "a row in another's place",
    "DELETE FROM one WHERE id = 2; UPDATE one SET id = 2 WHERE id = 3",
    "one 2 does not match",
  ],
  ["a missing row", "DELETE FROM one WHERE id = 2", "one 2 is missing"],
  ["a missing last row", "DELETE FROM one WHERE id = 3", "one 3 is missing"],
])("%s is noticed", (_, harm, message) => {
  const { db, one } = tables();
  db.exec(harm);
  expect(() => one.range(1, 3)).toThrow(message);
});

test("a row of another table is noticed", () => {
  const { db, two } = tables();
  db.exec("INSERT INTO two SELECT * FROM one");
  expect(() => two.get(1)).toThrow("two 1 does not match its checksum");
});
