import { exitCodes } from "@chaos-agents/report";
import { expect, test } from "vitest";
import { worstOf } from "./exit-code.ts";

test("the worst of several stands, whatever the order", () => {
  expect(worstOf([])).toBe(0);
  expect(worstOf([0, 3, 0])).toBe(3);
  expect(worstOf([130, 4, 5])).toBe(4);
  expect(worstOf([1, 2])).toBe(1);
});

test("every verdict's exit code has its place", () => {
  for (const code of Object.values(exitCodes)) expect(worstOf([0, code])).toBe(code);
});
