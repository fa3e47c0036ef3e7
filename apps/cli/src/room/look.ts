import { type Colours, type Ink, type Paint, type Signs, painter, signs } from "@chaos-agents/report";
import type { Terminal } from "../terminal.ts";

/** How things look on this terminal. */
export interface Look {
  paint: Paint;
  sign: Signs;
  unicode: boolean;
  color: Colours;
  ellipsis: string;
}

export interface Size {
  width: number;
  height: number;
}

/** Words in one colour. */
export type Said = readonly [Ink, string];

export const lookOf = (color: Colours, unicode: boolean): Look => ({
  paint: painter(color),
  sign: signs(unicode),
  unicode,
  color,
  ellipsis: unicode ? "…" : "~",
});

export const lookOn = (terminal: Terminal): Look => lookOf(terminal.colours(terminal.stdout), terminal.unicode);
