import { styleText } from "node:util";
import type { Tone } from "../report.ts";

export type Ink = Tone | "strong" | "accent";
export type Paint = (ink: Ink, text: string) => string;

const styles = {
  plain: [],
  good: "green",
  warn: "yellow",
  bad: "red",
  dim: "dim",
  strong: "bold",
  accent: "cyan",
} as const;

/** Colours text, or leaves it; whoever asks knows whether the terminal wants colours. */
export const painter = (color: boolean): Paint =>
  color
    ? (ink, text) => (text === "" || ink === "plain" ? text : styleText(styles[ink], text, { validateStream: false }))
    : (_, text) => text;

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
