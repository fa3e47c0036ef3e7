import { styleText } from "node:util";
import type { Tone } from "../report.ts";

export type Ink = Tone | "strong" | "accent";
export type Paint = (ink: Ink, text: string) => string;

/** `many`: 256 colours can be shown. */
export type Colours = boolean | "many";

/** Where there are few, the terminal's own; they may be hard to read on one of its backgrounds. */
const few = {
  good: "green",
  warn: "yellow",
  bad: "red",
  dim: "dim",
  strong: "bold",
  accent: "cyan",
} as const;

/** As far from white as from the blacks that terminals have: contrast is above 3.7 on both. */
const many = { good: 64, warn: 166, bad: 196, dim: 244, accent: 32 } as const;

/** Colours text, or leaves it; whoever asks knows whether the terminal wants colours. */
export function painter(colours: Colours): Paint {
  if (!colours) return (_, text) => text;
  return (ink, text) => {
    if (text === "" || ink === "plain") return text;
    if (colours === "many" && ink !== "strong") return `\u001b[38;5;${many[ink]}m${text}\u001b[39m`;
    return styleText(few[ink], text, { validateStream: false });
  };
}

/** The few signs there are, for terminals with and without Unicode. */
export const signs = (unicode: boolean) =>
  unicode
    ? {
        good: "✔",
        warn: "!",
        bad: "✘",
        plain: "•",
        dim: "·",
        waiting: "○",
        making: "◐",
        active: "●",
        undoing: "◑",
        arrow: "→",
        bar: ["█", "░"],
      }
    : {
        good: "+",
        warn: "!",
        bad: "x",
        plain: "*",
        dim: ".",
        waiting: "o",
        making: "%",
        active: "*",
        undoing: "<",
        arrow: "->",
        bar: ["#", "."],
      };
export type Signs = ReturnType<typeof signs>;
