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

const controls: Readonly<Record<string, RoomKey>> = {
  "\r": "enter",
  "\n": "enter",
  "\t": "tab",
  "\b": "backspace",
  "\x7f": "backspace",
  "\x1b": "escape",
  "\x03": "ctrl-c",
};

/** Text without the last character that people see in it. */
export function withoutLast(text: string): string {
  return text.slice(0, [...graphemes.segment(text)].at(-1)?.index ?? 0);
}

/** The keys in what Ink read at once: several where somebody types faster than we read. */
export function keysOf(input: string, key: Key): RoomKey[] {
  const named = names.find(([flag]) => key[flag]);
  if (named) return [named[1]];
  if (key.ctrl) return [`ctrl-${input}`];
  if (key.meta) return [];
  // oxlint-disable-next-line no-control-regex
  const parts = input.match(/[\x00-\x1f\x7f]|[^\x00-\x1f\x7f]+/g) ?? [];
  return parts.flatMap((part) =>
    // oxlint-disable-next-line no-control-regex
    /^[\x00-\x1f\x7f]$/.test(part)
      ? (controls[part] ?? [])
      : [...graphemes.segment(part)].map(({ segment }) => segment),
  );
}
