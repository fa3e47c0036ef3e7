import * as fc from "fast-check";
import { expect, test } from "vitest";
import { displayWidth, fitted, grid, wrapped } from "./columns.ts";
import { painter } from "./paint.ts";
import { progressBar, sparkline } from "./sparkline.ts";

const paint = painter(false);
const anyText = fc.oneof(
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.constantFrom("日本語テスト", "👩‍👩‍👧 family", "e\u0301\u0301", "\u001b[31mred", "a\nb"),
);

test("text is cut by the columns it takes, not by its length", () => {
  expect(fitted("日本語テスト", 7)).toBe("日本語…");
  expect(displayWidth(fitted("日本語テスト", 6))).toBeLessThanOrEqual(6);
  expect(fitted("public.orders", 8)).toBe("public.…");
  expect(fitted("public.orders", 8, "~")).toBe("public.~");
  expect(fitted("short", 5)).toBe("short");
  expect(fitted("👩‍👩‍👧👩‍👩‍👧", 3)).toBe("👩‍👩‍👧…");
});

test("whatever it is, it fits, on one line, and says nothing to the terminal", () => {
  fc.assert(
    fc.property(anyText, fc.integer({ min: 0, max: 30 }), (text, width) => {
      const shown = fitted(text, width);
      expect(displayWidth(shown)).toBeLessThanOrEqual(width);
      // oxlint-disable-next-line no-control-regex
      expect(shown).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
      for (const line of wrapped(text, Math.max(4, width)))
        expect(displayWidth(line)).toBeLessThanOrEqual(Math.max(4, width));
    }),
  );
});

test("a grid keeps to its width by taking from the columns that may give", () => {
  const rows = [
    [{ text: "+" }, { text: "a long name of a thing" }, { text: "undone (exact)" }],
    [{ text: "x" }, { text: "日本語日本語日本語" }, { text: "no" }],
  ];
  expect(grid(rows, { paint, width: 80 })).toEqual([
    "  +  a long name of a thing  undone (exact)",
    "  x  日本語日本語日本語      no",
  ]);
  const tight = grid(rows, { paint, width: 32, give: [1] });
  expect(tight).toEqual(
    ["  +  a long name…  undone (exact)".slice(0, 32), "  x  日本語日本…  no"].map((line) =>
      expect.stringContaining(line.slice(0, 8)),
    ),
  );
  for (const line of tight) expect(displayWidth(line)).toBeLessThanOrEqual(32);
  expect(tight[0]).toContain("undone (exact)");
});

test("a sparkline goes from nothing to its highest, and keeps a peak however short", () => {
  expect(sparkline([0, 1, 2, 3, 4, 5, 6, 7], 8, true)).toBe("▁▂▃▄▅▆▇█");
  expect(sparkline([0, 7, null], 8, false)).toBe("_#?");
  expect(sparkline([0, 0, 0, 0, 9, 0, 0, 0, 0], 3, true)).toBe("▁█▁");
  expect(sparkline([], 5, true)).toBe("");
  expect(sparkline([0, 0], 5, true)).toBe("▁▁");
});

test("progress stays within its bar", () => {
  for (const [share, bar] of [
    [-1, "...."],
    [0.5, "##.."],
    [7, "####"],
    [Number.NaN, "...."],
    [0.999, "###."],
  ] as const) {
    expect(progressBar(share, 4, ["#", "."])).toBe(bar);
  }
});
