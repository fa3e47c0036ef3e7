import { expect, test } from "vitest";
import { palettes } from "./theme.ts";

const channel = (value: number) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);

function luminance(colour: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => channel(Number.parseInt(colour.slice(at, at + 2), 16) / 255));
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
}

function contrast(a: string, b: string): number {
  const [low, high] = [luminance(a), luminance(b)].toSorted((x, y) => x - y);
  return (high! + 0.05) / (low! + 0.05);
}

/** What a translucent colour over a ground looks like. */
function over(colour: string, ground: string, opacity: number): string {
  const mix = (at: number) => {
    const [c, g] = [colour, ground].map((one) => Number.parseInt(one.slice(at, at + 2), 16));
    return Math.round(c! * opacity + g! * (1 - opacity))
      .toString(16)
      .padStart(2, "0");
  };
  return `#${mix(1)}${mix(3)}${mix(5)}`;
}

test.each(Object.entries(palettes))("text reaches AA on every ground of the %s palette", (_, palette) => {
  const shaded = over(palette.bite, palette.card, 0.085);
  const pairs: [string, string][] = [
    ...(["ink", "soft", "good", "warn", "bad", "plain", "bite-ink", "undo"] as const).map(
      (name) => [palette[name], palette.card] as [string, string],
    ),
    ...(["ink", "soft", "bad", "warn", "good"] as const).map(
      (name) => [palette[name], palette.paper] as [string, string],
    ),
    ...(["good", "warn", "bad", "plain"] as const).flatMap((name) => [
      [palette[name], palette[`${name}-tint`]] as [string, string],
      [palette.ink, palette[`${name}-tint`]] as [string, string],
      [palette.soft, palette[`${name}-tint`]] as [string, string],
    ]),
    [palette.soft, shaded],
    [palette.warn, shaded],
    [palette.ink, over(palette.bite, palette.card, 0.32)],
    [palette.ink, over(palette.undo, palette.card, 0.32)],
    [palette.ink, palette.line],
    [palette["bite-ink"], over(palette.bite, palette.card, 0.16)],
  ];
  for (const [text, ground] of pairs)
    expect(contrast(text, ground), `${text} on ${ground}`).toBeGreaterThanOrEqual(4.5);
});

test.each(Object.entries(palettes))("lines of the %s palette stand out from their ground", (_, palette) => {
  for (const name of ["main", "rank-2", "rank-3", "rank-4", "bad", "bite", "undo"] as const) {
    expect(contrast(palette[name], palette.card), name).toBeGreaterThanOrEqual(name === "bite" ? 2.5 : 3);
  }
});
