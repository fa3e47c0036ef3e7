import { expect, test } from "vitest";
import { type Ink, painter } from "./paint.ts";

/** WCAG's relative luminance. */
function luminance(rgb: readonly number[]): number {
  const [r, g, b] = rgb.map((part) => {
    const share = part / 255;
    return share <= 0.040_45 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
}

/** What xterm makes of a colour's number from 16 on. */
function rgbOf(index: number): number[] {
  if (index >= 232) return Array.from({ length: 3 }, () => 8 + (index - 232) * 10);
  return [36, 6, 1].map((step) =>
    Math.floor((index - 16) / step) % 6 ? 55 + (Math.floor((index - 16) / step) % 6) * 40 : 0,
  );
}

test.each(["good", "warn", "bad", "dim", "accent"] satisfies Ink[])("%s can be read on white and on black", (ink) => {
  // oxlint-disable-next-line no-control-regex
  const [, index] = /^\u001b\[38;5;(\d+)mtext\u001b\[39m$/.exec(painter("many")(ink, "text"))!;
  const own = luminance(rgbOf(Number(index)));
  for (const ground of [
    [255, 255, 255],
    [0, 0, 0],
    [30, 30, 30],
  ].map(luminance)) {
    const [light, dark] = own > ground ? [own, ground] : [ground, own];
    expect((light + 0.05) / (dark + 0.05)).toBeGreaterThan(3.7);
  }
});

test("few colours are the terminal's own, and none are none", () => {
  expect(painter(true)("bad", "text")).toBe("\u001b[31mtext\u001b[39m");
  expect(painter("many")("strong", "text")).toBe("\u001b[1mtext\u001b[22m");
  expect(painter(false)("bad", "text")).toBe("text");
});
