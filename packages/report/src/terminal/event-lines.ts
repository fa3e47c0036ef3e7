import type { Event } from "@chaos-agents/core";
import { RunFold } from "../fold/run-fold.ts";
import { clock } from "../quantities.ts";
import type { LogLine } from "../report.ts";
import { visible } from "../visible.ts";
import { painter } from "./paint.ts";

export interface EventLineOptions {
  color: boolean;
  /** Also the small ones: each record, each sample, each answer within tolerance. */
  all?: boolean;
}

/** Turns events, in their order, into plain lines; undefined for one that says nothing new. */
export function createEventLines(options: EventLineOptions): (event: Event) => string | undefined {
  const fold = new RunFold();
  return (event) => {
    const line = fold.add(event);
    return line.minor && !options.all ? undefined : logLineText(line, options.color);
  };
}

/** ` 12.3s  undo   db.table_lock public.orders  undone (exact)` */
export function logLineText({ t, word, subject, text, tone }: LogLine, color: boolean): string {
  const paint = painter(color);
  const what = [subject, text].filter((part) => part !== "").map((part) => visible(part).replace(/\s+/g, " "));
  const said = what.map((part, index) => (index === what.length - 1 && tone !== "dim" ? paint(tone, part) : part));
  const line = `${paint("dim", clock(t).padStart(7))}  ${paint("strong", word.padEnd(7))} ${said.join("  ")}`;
  return tone === "dim" ? paint("dim", line) : line;
}
