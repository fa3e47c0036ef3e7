import { expect, test } from "vitest";
import { differences, rowDifference } from "./differences.ts";

test("lines that went and lines that came", () => {
  expect(differences(["a", "b"], ["b", "c"])).toEqual(["gone: a", "new: c"]);
  expect(differences(["a"], ["a"])).toEqual([]);
});

test("rows are told apart by key", () => {
  const expected = new Map([
    ["1", "x"],
    ["2", "y"],
    ["3", "z"],
  ]);
  const actual = new Map([
    ["1", "x"],
    ["2", "other"],
    ["4", "new"],
  ]);
  expect(rowDifference(expected, actual)).toEqual({ missing: 1, extra: 1, changed: 1, examples: ["3", "4", "2"] });
});
