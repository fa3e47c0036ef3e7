import { expect, test } from "vitest";
import { rowsOf, writtenRows } from "./written-rows.ts";

const digest = (n: number) => n.toString(16).padStart(16, "0");
const rows = (keys: string[][]) => keys.map((key, n): [string[], string] => [key, digest(n)]);

test("counted keys become ranges, in the record and back", () => {
  const given = rows([["9007199254740995"], ["9007199254740993"], ["9007199254740999"]]);
  const written = writtenRows(given, 2n);
  expect(written.keys).toEqual({
    between: [
      ["9007199254740993", "9007199254740995"],
      ["9007199254740999", "9007199254740999"],
    ],
    step: "2",
  });
  expect(new Map(Array.from(rowsOf(written), ([[key], one]) => [key, one]))).toEqual(
    new Map(given.map(([[key], one]) => [key, one])),
  );
});

test("other keys are told one by one", () => {
  const given = rows([
    ["it's", "1"],
    ["", "2"],
  ]);
  expect(writtenRows(given, 1n).keys).toEqual([
    ["it's", "1"],
    ["", "2"],
  ]);
  expect([...rowsOf(writtenRows(given, null))]).toEqual(given);
});
