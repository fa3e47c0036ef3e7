import { expect, test } from "vitest";
import { table, wrap } from "./table.ts";

test("columns are aligned, numbers stand at the right, nothing stands as a dash", () => {
  const rows = [
    ["public.orders", 1_200, "id"],
    ["café", null, "kennung 表"],
  ];
  expect(table(["table", "rows", "key"], rows).split("\n")).toEqual([
    "TABLE           ROWS  KEY",
    "public.orders  1,200  id",
    "café               -  kennung 表",
  ]);
});

test("the last column wraps under its beginning where the terminal is narrow", () => {
  const text = table(["skill", "description"], [["db.x", "hold a lock on tables so that others wait"]], { width: 26 });
  expect(text.split("\n")).toEqual([
    "SKILL  DESCRIPTION",
    "db.x   hold a lock on",
    "       tables so that",
    "       others wait",
  ]);
});

test("names cannot speak to the terminal", () => {
  const text = table(["name"], [["a\u001b[31mb\u202ec\nd"]]);
  expect(text).toBe("NAME\na\ufffd[31mb\ufffdc d");
  expect(wrap("x\u0007y", 10)).toEqual(["x\ufffdy"]);
});

test("a word longer than the line stays whole", () => {
  expect(wrap("see https://example.org/very/long here", 10)).toEqual(["see", "https://example.org/very/long", "here"]);
});
