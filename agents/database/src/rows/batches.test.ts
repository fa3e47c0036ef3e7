import { seededRandom } from "@chaos-agents/core";
import { expect, test } from "vitest";
import { Batches } from "./batches.ts";
import { column, table } from "./table.fixture.ts";

const sources = (references: number | null = null) => ({
  table: table([column("id", "integer")]),
  random: seededRandom(1),
  samples: [],
  parents: new Map(),
  references: references === null ? null : { columns: ["id"], rows: Array.from({ length: references }, () => ["1"]) },
  freeFrom: new Map(),
  counted: undefined,
});
const refusal = Object.assign(new Error("duplicate key"), { constraint: "once", code: "23505" });

test("rows are dealt into whole batches and a rest", () => {
  const batches = new Batches(sources(), 250, 100);
  const sizes = [];
  for (let size = batches.next(); size !== undefined; size = batches.next()) {
    sizes.push(size);
    batches.accept(size, size);
  }
  expect(sizes).toEqual([100, 100, 50]);
  expect(batches).toMatchObject({ inserted: 250, attempted: 250 });
  expect(batches.notes()).toEqual([]);
});

test("one bad row among 50,000 costs its batch again and a few halves, and is named", () => {
  const batches = new Batches(sources(), 50_000, 50_000);
  const bad = 12_345;
  let done = 0;
  let tries = 0;
  for (let size = batches.next(); size !== undefined; size = batches.next(), tries++) {
    if (done <= bad && bad < done + size) {
      batches.refuse(size, refusal);
      if (size === 1) done++;
    } else {
      batches.accept(size, size);
      done += size;
    }
  }
  expect(batches.inserted).toBe(49_999);
  expect(tries).toBeLessThan(35);
  expect(batches.notes()).toEqual(["the server refused 1 row: 1 by once (23505)"]);
});

test("it gives up when nothing gets through, and when a thousand rows were refused", () => {
  const refuseAll = (batches: Batches) => {
    for (let size = batches.next(); size !== undefined; size = batches.next()) batches.refuse(size, refusal);
  };
  expect(() => refuseAll(new Batches(sources(), 5_000, 5_000))).toThrow(/refuses every row .* 40 rows: 40 by once/);
  const some = new Batches(sources(), 5_001, 5_000);
  some.accept(1, 1);
  refuseAll(some);
  expect(some.notes()[0]).toMatch(
    /^the server refused 1,000 rows: 1,000 by once \(23505\); \d,\d{3} more were not tried$/,
  );
});

test("there are no more rows than there is something to point to", () => {
  const few = new Batches(sources(3), 10, 10);
  expect(few.next()).toBe(3);
  few.accept(3, 3);
  expect(few.notes()).toEqual(["public.things has room for 3 rows only: each must point elsewhere"]);
  expect(() => new Batches(sources(0), 10, 10).notes()).toThrow(/no room for another row/);
});
