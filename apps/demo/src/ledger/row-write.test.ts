import { expect, test } from "vitest";
import { statementFor } from "./row-write.ts";

test("an insert gives every value, its number included", () => {
  expect(statementFor({ kind: "insert", table: "orders", row: { id: "9", note: null } })).toEqual({
    text: 'INSERT INTO "orders" ("id", "note") OVERRIDING SYSTEM VALUE VALUES ($1, $2)',
    values: ["9", null],
  });
});

test("a put inserts, or sets what is there", () => {
  expect(statementFor({ kind: "put", table: "cart_items", key: { a: 1, b: 2 }, row: { quantity: 3 } })).toEqual({
    text:
      'INSERT INTO "cart_items" ("a", "b", "quantity") OVERRIDING SYSTEM VALUE VALUES ($1, $2, $3) ' +
      'ON CONFLICT ("a", "b") DO UPDATE SET "quantity" = EXCLUDED."quantity"',
    values: [1, 2, 3],
  });
});

test("a change sets what is one customer's own, and adds to what is everybody's", () => {
  const change = {
    kind: "change",
    table: "products",
    key: { id: "5" },
    set: { updated_at: "now" },
    add: { stock: -2 },
  } as const;
  expect(statementFor(change)).toEqual({
    text: 'UPDATE "products" SET "updated_at" = $1, "stock" = "stock" + $2 WHERE "id" = $3',
    values: ["now", -2, "5"],
  });
});

test("a delete names its row", () => {
  expect(statementFor({ kind: "delete", table: 'odd"name', key: { id: "1", line: 2 } })).toEqual({
    text: 'DELETE FROM "odd""name" WHERE "id" = $1 AND "line" = $2',
    values: ["1", 2],
  });
});
