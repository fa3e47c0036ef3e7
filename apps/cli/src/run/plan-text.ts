import { type BlastCost, type Reversal, blastUnits, counted, formatDuration } from "@chaos-agents/core";
import type { RunState } from "@chaos-agents/report";
import { wrap } from "../table.ts";
import type { Terminal } from "../terminal.ts";

interface PlanOptions {
  stream: NodeJS.WriteStream;
  /** How many things of one fault are named; the rest is counted. */
  most?: number;
  /** Columns; those of the stream where left out. */
  width?: number;
}

/** What a run is going to touch, how each thing is put back, what it costs, and what preflight found. */
export function planText(
  state: Readonly<RunState>,
  terminal: Terminal,
  { stream, most = Infinity, width = terminal.width(stream) ?? Infinity }: PlanOptions,
): string {
  const bold = (text: string) => terminal.style("bold", text, stream);
  const dim = (text: string) => terminal.style("dim", text, stream);
  const bullet = (indent: string, mark: string, text: string) => hanging(text, `${indent}${mark}`, width);
  const lines = [
    `${bold(`Plan for ${state.header.experiment ?? "the experiment"}`)}${lasting(state.header.plannedMs)}`,
  ];
  for (const { target, label, summary } of state.targets)
    lines.push(...bullet("", "", `on ${target}: ${label} (${summary})`));
  for (const { fault, skill, target, reversal, planned, things } of state.faults) {
    const several = state.targets.length > 1 ? ` on ${target}` : "";
    const head = `${fault.padStart(3)}  ${skill ?? "?"}${several}${timing(planned)}`;
    const worth = worthOf(reversal);
    const fits = head.length + 2 + worth.length <= width;
    lines.push("", head.replace(skill ?? "?", bold) + (fits && worth ? `  ${dim(worth)}` : ""));
    if (!fits) lines.push(`     ${dim(worth)}`);
    for (const thing of things.slice(0, most)) {
      const less = thing.reversal === reversal ? "" : ` (${thing.reversal})`;
      lines.push(
        ...bullet("     ", "- ", thing.label),
        ...bullet("       ", "undo: ", `${thing.undoLabel ?? "none"}${less}`),
      );
    }
    if (things.length > most)
      lines.push(...bullet("     ", "", `and ${things.length - most} more; --dry-run names them all`));
  }
  if (state.faults.length === 0) lines.push("", "Nothing is to be broken: the probes are watched.");
  else lines.push("", ...bullet("", "", `It touches ${costText(state.cost)}.`));
  if (state.findings.length > 0) lines.push("", bold("Preflight"));
  for (const { level, skill, message, remedy } of state.findings) {
    const said = `${level}: ${skill === undefined ? "" : `${skill}: `}${message}`;
    const colour = level === "error" ? "red" : level === "warning" ? "yellow" : "dim";
    lines.push(...bullet("  ", "", said).map((line) => terminal.style(colour, line, stream)));
    if (remedy !== undefined) lines.push(...bullet("    ", "hint: ", remedy));
  }
  return lines.join("\n");
}

/** `2 tables, 1,000 rows`; percentages come last, as shares. */
export function costText(cost: BlastCost): string {
  const parts = blastUnits.flatMap((unit) => {
    const amount = cost[unit];
    if (amount === undefined || unit === "percent") return [];
    return [counted(amount, singular[unit], unit)];
  });
  if (cost.percent !== undefined) parts.push(`at most ${cost.percent}% of what there is`);
  return parts.length === 0 ? "nothing that is counted" : parts.join(", ");
}

const singular = {
  tables: "table",
  rows: "row",
  connections: "connection",
  settings: "setting",
  indexes: "index",
  sessions: "session",
  files: "file",
  hosts: "host",
  pods: "pod",
  nodes: "node",
  services: "service",
} as const;

const lasting = (ms: number | null) => (ms === null ? "" : `, ${formatDuration(ms)}`);

function timing({ at, duration }: { at: number | null; duration: number | null }): string {
  const from = at === null ? "" : ` at ${formatDuration(at)}`;
  return duration === null ? from : `${from} for ${formatDuration(duration)}`;
}

const worthOf = (reversal: Reversal | null) =>
  reversal === null ? "" : reversal === "recovers-by-itself" ? "recovers by itself" : `${reversal} undo`;

/** Text after a mark; what does not fit on its line stands below its beginning. */
function hanging(text: string, mark: string, width: number): string[] {
  const [first = "", ...rest] = wrap(text, Math.max(20, width - mark.length));
  return [mark + first, ...rest.map((line) => " ".repeat(mark.length) + line)];
}
