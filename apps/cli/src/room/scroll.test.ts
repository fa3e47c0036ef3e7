import { expect, test } from "vitest";
import { Scroll, TailScroll, moved } from "./scroll.ts";

const lines = (count: number, from = 0) => Array.from({ length: count }, (_, index) => from + index);

test("a page moves by lines, pages and to its ends, and never past them", () => {
  const scroll = new Scroll();
  expect(scroll.window(lines(10), 4)).toEqual([0, 1, 2, 3]);
  scroll.press("down");
  expect(scroll.window(lines(10), 4)).toEqual([1, 2, 3, 4]);
  scroll.press("pagedown");
  expect(scroll.window(lines(10), 4)).toEqual([4, 5, 6, 7]);
  expect(scroll.place).toBe("5-8 of 10");
  scroll.press("end");
  scroll.press("j");
  expect(scroll.window(lines(10), 4)).toEqual([6, 7, 8, 9]);
  scroll.press("g");
  scroll.press("up");
  expect(scroll.window(lines(10), 4)).toEqual([0, 1, 2, 3]);
  expect(scroll.press("x")).toBe(false);
});

test("a page that got shorter or higher shows its end", () => {
  const scroll = new Scroll();
  scroll.window(lines(10), 4);
  scroll.press("end");
  expect(scroll.window(lines(5), 4)).toEqual([1, 2, 3, 4]);
  expect(scroll.window(lines(5), 9)).toEqual([0, 1, 2, 3, 4]);
  expect(scroll.place).toBeNull();
});

test("events stay at the newest until somebody looks back, and then where they are", () => {
  const scroll = new TailScroll();
  expect(scroll.window(lines(5), 3, 0)).toEqual([2, 3, 4]);
  expect(scroll.window(lines(8), 3, 0)).toEqual([5, 6, 7]);
  scroll.press("up");
  expect(scroll.window(lines(8), 3, 0)).toEqual([4, 5, 6]);
  expect(scroll.window(lines(12), 3, 0)).toEqual([4, 5, 6]);
  expect(scroll.newer).toBe(5);
  // The first four are no longer kept: what was looked at goes on standing there as long as it is.
  expect(scroll.window(lines(10, 4), 3, 4)).toEqual([4, 5, 6]);
  expect(scroll.window(lines(6, 8), 3, 8)).toEqual([8, 9, 10]);
  scroll.press("end");
  expect(scroll.newer).toBe(0);
  expect(scroll.window(lines(7, 8), 3, 8)).toEqual([12, 13, 14]);
});

test("fewer events than lines do not move", () => {
  const scroll = new TailScroll();
  scroll.window(lines(2), 5, 0);
  scroll.press("up");
  expect(scroll.window(lines(2), 5, 0)).toEqual([0, 1]);
  expect(scroll.newer).toBe(0);
});

test("nothing to choose from stays at the first", () => {
  expect(moved("down", 0, 5, -1)).toBe(0);
});
