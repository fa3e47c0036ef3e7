import type { Event } from "@chaos-agents/core";
import { RunFold } from "../fold/run-fold.ts";
import { clock } from "../quantities.ts";
import type { LogLine } from "../report.ts";
import { oneLine } from "../visible.ts";
import { type Colours, painter } from "./paint.ts";

export interface EventLineOptions {
  color: Colours;
  /** Also the small ones: each record, each sample, each answer within tolerance. */
  all?: boolean;
}

/** Turns events, in their order, into plain lines; undefined for one that says nothing new. */
export function createEventLines({ color, all = false }: EventLineOptions): (event: Event) => string | undefined {
  const fold = new RunFold();
  return (event) => {
    const line = fold.add(event);
    return line.minor && !all ? undefined : logLineText(line, color);
  };
}

/** ` 12.3s  undo    db.table_lock public.orders  undone (exact)` */
export function logLineText(line: LogLine, color: Colours): string {
  const paint = painter(color);
  const { when, word, subject, text } = logLineParts(line);
  const said = [subject, text].filter((part) => part !== "").join("  ");
  return `${paint("dim", when)}  ${paint(line.tone === "dim" ? "dim" : "strong", word)}${paint(line.tone, said)}`;
}

export function logLineParts({
  t,
  word,
  subject,
  text,
}: LogLine): Record<"when" | "word" | "subject" | "text", string> {
  return { when: clock(t).padStart(7), word: word.padEnd(8), subject: oneLine(subject), text: oneLine(text) };
}
