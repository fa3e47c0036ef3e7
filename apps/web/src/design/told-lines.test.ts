import { expect, test } from "vitest";
import { toldLines } from "./told-lines.ts";

test("what a process said is told line by line, its hint apart", () => {
  expect(toldLines("error: the database did not answer\n  hint: is it running?")).toEqual({
    lines: ["the database did not answer"],
    hint: "is it running?",
  });
  expect(toldLines("one\n\ntwo: an error: three\n")).toEqual({ lines: ["one", "two: an error: three"], hint: null });
});
