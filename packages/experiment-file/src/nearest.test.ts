import { expect, test } from "vitest";
import { editDistance, nearest, suggestion } from "./nearest.ts";

test.each([
  ["", "", 0],
  ["a", "", 1],
  ["skils", "skills", 1],
  ["laod", "load", 1],
  ["kitten", "sitting", 3],
])("%s and %s are %i apart", (a, b, distance) => {
  expect(editDistance(a, b)).toBe(distance);
  expect(editDistance(b, a)).toBe(distance);
});

test("the nearest word, as far as there is a near one", () => {
  const known = ["duration", "rows_per_table", "resource_filters", "at"];
  expect(nearest("duraton", known)).toBe("duration");
  expect(nearest("resourceFilters", known)).toBe("resource_filters");
  expect(nearest("rows-per-table", known)).toBe("rows_per_table");
  expect(nearest("colour", known)).toBeUndefined();
  expect(nearest("x".repeat(1_000_000), known)).toBeUndefined();
});

test("a word that is near none is answered with all of them", () => {
  expect(suggestion("colour", ["a", "b"], "keys")).toBe("keys: a, b");
  expect(suggestion("colour", [], "keys")).toBe("there are no keys");
});
