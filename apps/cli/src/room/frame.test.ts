import { displayWidth } from "@chaos-agents/report";
import { stripVTControlCharacters } from "node:util";
import { expect, test } from "vitest";
import { type Picture, framed } from "./frame.ts";
import { lookOf } from "./look.ts";

const long = "実験の名前 with a very long name that goes on and on and on and on and on and on and on and on ".repeat(
  3,
);

const picture: Picture = {
  crumbs: ["Runs", long],
  status: [
    ["accent", "12 live"],
    ["bad", "3 to recover"],
    ["dim", "10,000 of 12,000 read"],
  ],
  banner: ["bad", `HALTED by somebody: ${long}`],
  body: Array.from({ length: 100 }, (_, index) => `line ${index}`),
  foot: ["warn", long],
  hints: Array.from({ length: 12 }, (_, index) => [`F${index}`, "does a thing"] as const),
};

const sizes = [
  { width: 80, height: 24 },
  { width: 120, height: 40 },
  { width: 250, height: 70 },
  { width: 40, height: 10 },
  { width: 20, height: 5 },
  { width: 10, height: 2 },
];

test.for(sizes)("$width x $height is filled exactly, whatever is to be said", ({ width, height }) => {
  for (const unicode of [true, false]) {
    const lines = framed(picture, { width, height }, lookOf(true, unicode)).map(stripVTControlCharacters);
    expect(lines).toHaveLength(height);
    for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(width);
  }
});

test("where one is, what is said and what can be typed each have their place", () => {
  const lines = framed(
    { ...picture, crumbs: ["Runs"], banner: null, body: ["only one"], foot: ["good", "Done."] },
    { width: 80, height: 24 },
    lookOf(false, true),
  );
  expect(lines[0]).toMatch(/^ Chaos Agents › Runs +12 live {3}3 to recover$/);
  expect(lines[2]).toBe("only one");
  expect(lines[22]).toBe(" Done.");
  expect(lines[23]).toMatch(/^ F0 does a thing/);
});

test("a terminal without Unicode gets none", () => {
  const ascii = { ...picture, crumbs: ["Runs"], banner: null, foot: null };
  for (const line of framed(ascii, { width: 80, height: 24 }, lookOf(false, false))) expect(line).toMatch(/^[ -~]*$/);
});
