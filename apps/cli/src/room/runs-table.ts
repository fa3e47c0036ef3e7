import type { RunSummary } from "@chaos-agents/engine";
import { type Ink, clock, displayWidth, fitted, shownVerdict } from "@chaos-agents/report";
import { isAbandoned } from "../abandoned.ts";
import type { Look } from "./look.ts";
import type { ShelvedRun } from "./run-shelf.ts";

interface TableOptions {
  width: number;
  look: Look;
  now: number;
  /** The one that keys act upon. */
  chosen: string | null;
}

interface Column {
  width: number;
  right?: boolean;
}

const gap = 2;

/** Columns keep their place while one scrolls; names get what is left, but for a margin. */
function columnsOf(width: number): Record<"name" | "state" | "started" | "took" | "run", Column> {
  const state = width >= 60 ? 26 : 16;
  // Without the year, where names need the room.
  const started = width >= 100 ? 16 : width >= 64 ? 11 : 0;
  const took = width >= 50 ? 8 : 0;
  const run = width >= 108 ? 22 : 0;
  const others = [state, started, took, run].reduce((sum, one) => sum + (one === 0 ? 0 : one + gap), 0);
  return {
    name: { width: Math.max(1, width - 5 - others) },
    state: { width: state },
    started: { width: started },
    took: { width: took, right: true },
    run: { width: run },
  };
}

/** Its head, and a line for each run. */
export function runsTable(runs: readonly ShelvedRun[], { width, look, now, chosen }: TableOptions): string[] {
  const { name, state, started, took, run } = columnsOf(width);
  const { paint } = look;
  const cell = (text: string, column: Column, ink: Ink) => {
    if (column.width === 0) return "";
    const shown = fitted(text, column.width, look.ellipsis);
    const space = " ".repeat(column.width - displayWidth(shown));
    return (column.right ? space + paint(ink, shown) : paint(ink, shown) + space) + " ".repeat(gap);
  };
  const head =
    "    " +
    cell("EXPERIMENT", name, "dim") +
    cell("STATE", state, "dim") +
    cell("STARTED", started, "dim") +
    cell("TOOK", took, "dim") +
    cell("RUN", run, "dim");
  const rows = runs.map(({ run: id, summary }) => {
    const [mark, ink, said] = stateOf(summary, look);
    const pointer = id === chosen ? paint("accent", look.unicode ? "›" : ">") : " ";
    const strong = id === chosen || summary?.live ? "strong" : "plain";
    return (
      `${pointer} ${paint(ink, mark)} ` +
      cell(summary === null ? id : summary.experiment || id, name, summary === null ? "dim" : strong) +
      cell(said, state, ink) +
      cell(summary && summary.startedAt > 0 ? localTime(summary.startedAt).slice(-started.width) : "", started, "dim") +
      cell(summary === null ? "" : tookOf(summary, now), took, "dim") +
      cell(id, run, "dim")
    );
  });
  return [head, ...rows].map((line) => line.trimEnd());
}

/** A run's mark, its colour, and how it stands in a few words. */
export function stateOf(summary: RunSummary | null, { sign, ellipsis }: Look): [mark: string, ink: Ink, said: string] {
  if (summary === null) return [" ", "dim", ellipsis];
  const { live, phase, verdict, pending, damaged } = summary;
  const left = pending > 0 ? `, ${pending} to undo` : "";
  if (damaged !== null) return [sign.bad, "bad", "journal damaged"];
  if (live) return [sign.active, "accent", `${phase ?? "starting"}${left}`];
  if (isAbandoned(summary))
    return [sign.bad, "bad", `${verdict === null ? "killed" : shownVerdict(verdict).title}${left}`];
  if (verdict === null) return [sign.warn, "warn", "killed, nothing to undo"];
  const { title, tone } = shownVerdict(verdict);
  return [sign[tone], tone, title];
}

const localTime = (at: number) => new Date(at).toLocaleString("sv-SE").slice(0, 16);

function tookOf({ startedAt, finishedAt, live }: RunSummary, now: number): string {
  const until = live ? now : finishedAt;
  return until === null ? "" : clock(Math.max(0, until - startedAt));
}

/** Whether every word stands somewhere in what is shown of a run. */
export function matches(summary: RunSummary | null, search: string, look: Look): boolean {
  if (summary === null) return false;
  const text =
    `${summary.experiment} ${summary.run} ${stateOf(summary, look)[2]} ${summary.verdict ?? ""}`.toLowerCase();
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}
