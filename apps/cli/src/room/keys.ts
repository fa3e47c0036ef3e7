import type { Key } from "ink";

/** A key by its name, or the one character it makes. */
export type RoomKey = string;

const names = [
  ["upArrow", "up"],
  ["downArrow", "down"],
  ["leftArrow", "left"],
  ["rightArrow", "right"],
  ["pageUp", "pageup"],
  ["pageDown", "pagedown"],
  ["home", "home"],
  ["end", "end"],
  ["return", "enter"],
  ["escape", "escape"],
  ["tab", "tab"],
  ["backspace", "backspace"],
  ["delete", "backspace"],
] as const;

const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });

/** The keys in what Ink read at once: several where somebody types faster than we read. */
export function keysOf(input: string, key: Key): RoomKey[] {
  const named = names.find(([flag]) => key[flag]);
  if (named) return [named[1]];
  if (key.ctrl) return [`ctrl-${input}`];
  if (key.meta) return [];
  return [...graphemes.segment(input)].map(({ segment }) => segment);
}
