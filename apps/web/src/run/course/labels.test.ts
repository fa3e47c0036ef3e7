import * as fc from "fast-check";
import { expect, test } from "vitest";
import { fittingTicks, placed, widthOf } from "./labels.ts";

const words = fc.string({ minLength: 1, maxLength: 40 });
const widths = fc.integer({ min: 250, max: 1_400 });

test("labels neither cover one another nor run over an edge, and are all there where there is room", () => {
  const label = fc.record({ at: fc.double({ min: 0, max: 100, noNaN: true }), words, end: fc.boolean() });
  fc.assert(
    fc.property(fc.array(label, { maxLength: 6 }), widths, (labels, width) => {
      const shown = placed(labels, width)
        .flatMap((from, index) => (from === null ? [] : [{ from, until: from + widthOf(labels[index]!.words) }]))
        .toSorted((a, b) => a.from - b.from);
      shown.forEach(({ from, until }, index) => {
        expect(from).toBeGreaterThanOrEqual(index === 0 ? 0 : shown[index - 1]!.until);
        expect(until).toBeLessThanOrEqual(width + 0.001);
      });
      const needed = labels.reduce((sum, one) => sum + widthOf(one.words) + 8, 0);
      if (needed <= width) expect(shown.length).toBe(labels.length);
    }),
  );
});

test("a label stays at its place where nothing is in its way", () => {
  expect(placed([{ at: 50, words: "steady" }], 400)).toEqual([204]);
  expect(placed([{ at: 50, words: "guard", end: true }], 400)).toEqual([200 - widthOf("guard") - 4]);
});

test("labels keep the order of what they tell", () => {
  const [halt, steady] = placed(
    [
      { at: 99, words: "halt", end: true },
      { at: 99.9, words: "steady again", end: true },
    ],
    300,
  );
  expect(halt).toBeLessThan(steady!);
});

test("ticks have room for their words, at every width", () => {
  const ticks = Array.from({ length: 8 }, (_, n) => ({ x: n * 14, label: n < 5 ? `${n * 200}ms` : `1s ${n}00ms` }));
  fc.assert(
    fc.property(widths, (width) => {
      const shown = fittingTicks(ticks, width);
      expect(shown.length).toBeGreaterThan(1);
      const ends = shown.map(({ x, label }) => (x / 100) * width + widthOf(label) / 2);
      const starts = shown.map(({ x, label }) => (x / 100) * width - widthOf(label) / 2);
      starts.slice(1).forEach((start, index) => expect(start).toBeGreaterThan(ends[index]!));
      expect(ends.at(-1)).toBeLessThanOrEqual(width + 10);
    }),
  );
});
