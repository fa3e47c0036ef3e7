import { outcomeText, outcomeTones } from "../fold/describe-event.ts";
import { judgementOf } from "../fold/judgement.ts";
import { isIdentical } from "../fold/summarise.ts";
import { keyFigures } from "../key-figures.ts";
import { amount, bareQuantity, clock, millis, utc } from "../quantities.ts";
import type { PerWindow, RunReport, Spread, UndoReport } from "../report.ts";
import { type Cell, displayWidth } from "./columns.ts";
import type { Signs } from "./paint.ts";
import { sparkline } from "./sparkline.ts";

export const mostRows = 40;

export function headerRows({ run, header, lastAt }: RunReport): Cell[][] {
  const took = header.endedAt !== null && header.startedAt !== null ? header.endedAt - header.startedAt : lastAt;
  const facts: [string, string | null][] = [
    ["Run", run],
    ["Started", utc(header.startedAt)],
    [header.endedAt === null ? "Last event" : "Took", header.endedAt === null ? `after ${clock(took)}` : clock(took)],
    ["Owner", header.owner],
    ["Ticket", header.ticket],
    ["File", header.file],
    ["Tags", header.tags.length > 0 ? header.tags.join(", ") : null],
    ["Seed", header.seed === null ? null : String(header.seed)],
  ];
  return facts.flatMap(([term, value]) => (value === null ? [] : [[{ text: term, ink: "dim" }, { text: value }]]));
}

/** A row, and what has to be said below it in full. */
export interface NotedRow {
  cells: Cell[];
  notes: string[];
}

/** Each number over the run as a line of bars, where there is room for one, then its medians and the highest of all. */
export function sampledRows(
  source: RunReport["sources"][number],
  { disturbed }: RunReport,
  { width, unicode }: { width: number; unicode: boolean },
): Cell[][] {
  const disturbedRun = disturbed.from !== null;
  const rows = [
    ["", "", ...(disturbedRun ? ["before", "during", "after"] : ["median"]), "highest"],
    ...source.columns.map(({ name, unit, stats }) => {
      const { before, during, after } = stats;
      const medians = disturbedRun ? [before.p50, during.p50, after.p50] : [before.p50];
      const numbers = [...medians, highest(stats)].map((value) => bareQuantity(value, unit));
      return [name, unit === null || unit === "ms" || unit === "%" ? "" : unit, ...numbers];
    }),
  ];
  const widths = rows[0]!.map((_, index) => Math.max(...rows.map((row) => displayWidth(row[index]!))));
  const room = width - widths.reduce((sum, one) => sum + (one > 0 ? one + 2 : 0), 2);
  const bars = room < 8 ? 0 : Math.min(32, room);
  return rows.map(([name, unit, ...numbers], index): Cell[] => [
    { text: name! },
    {
      text: index === 0 || bars === 0 ? "" : sparkline(source.columns[index - 1]!.values, bars, unicode),
      ink: "accent",
    },
    ...numbers.map((text): Cell => ({ text, ink: index === 0 ? "dim" : "plain", align: "right" })),
    { text: unit!, ink: "dim" },
  ]);
}

function highest({ before, during, after }: PerWindow<Spread>): number | null {
  const all = [before.max, during.max, after.max].filter((value) => value !== null);
  return all.length === 0 ? null : Math.max(...all);
}

const windows = ["before", "during", "after"] as const;

const judgements = {
  held: { word: "held", ink: "good" },
  "not-held": { word: "NOT held", ink: "bad" },
  "not-required": { word: "not required", ink: "plain" },
} as const;

export function probeRows(report: RunReport, latencies: boolean): Cell[][] {
  const asked = report.probes.filter(({ stats }) => windows.some((when) => stats[when].asked > 0));
  if (asked.length === 0) return [];
  const latency = ({ p95 }: Spread): Cell => ({ text: millis(p95), align: "right" });
  return [
    ["", ...windows, ...(latencies ? ["p95 before", "p95 during"] : [])].map((text): Cell => ({ text, ink: "dim" })),
    ...asked.map((probe): Cell[] => [
      { text: probe.role === "guard" ? `guard: ${probe.probe}` : probe.probe },
      ...windows.map((when) =>
        probe.role === "guard" ? guardCell(report, probe, when) : windowCell(report, probe, when),
      ),
      ...(latencies ? [latency(probe.stats.before.latencyMs), latency(probe.stats.during.latencyMs)] : []),
    ]),
  ];
}

type Probe = RunReport["probes"][number];
type When = (typeof windows)[number];

const countsOf = ({ asked, failed }: Probe["stats"][When]) => (asked > 0 ? `${asked - failed}/${asked} ok` : "");

function windowCell(report: RunReport, probe: Probe, when: When): Cell {
  const judgement = judgementOf(report, probe, when);
  const counts = countsOf(probe.stats[when]);
  if (judgement === null) return { text: counts || "–", ink: probe.stats[when].failed > 0 ? "warn" : "plain" };
  const { word, ink } = judgements[judgement];
  return { text: `${word} ${counts}`, ink };
}

function guardCell({ trips }: RunReport, { probe, stats }: Probe, when: When): Cell {
  const tripped = when === "during" && trips.some((trip) => trip.guard === probe);
  const counts = countsOf(stats[when]) || "–";
  return tripped ? { text: `tripped ${counts}`, ink: "bad" } : { text: counts };
}

export function faultRows(report: RunReport, sign: Signs): NotedRow[] {
  return report.faults.slice(0, mostRows).map((fault): NotedRow => {
    const { landing, startedAt, activeFrom, undoneAt, outcome, things, errors } = fault;
    const seen = things.every((thing) => thing.witness?.seen === "effect") ? "effect seen" : "accepted";
    const words = {
      landed: { text: seen, ink: "good" },
      "not-landed": { text: "did NOT land", ink: "bad" },
      lost: { text: "landed, then lost", ink: "bad" },
      unknown: { text: startedAt === null ? "never started" : "not looked at", ink: "dim" },
    } as const;
    const from = activeFrom ?? startedAt;
    const stood =
      from === null
        ? ""
        : undoneAt === null || outcome === "failed"
          ? `since ${clock(from)}`
          : `${clock(from)} to ${clock(undoneAt)}`;
    const bad = landing === "not-landed" || landing === "lost";
    const cells: Cell[] = [
      {
        text: bad ? sign.bad : landing === null ? sign.dim : sign.good,
        ink: bad ? "bad" : landing === null ? "dim" : "good",
      },
      { text: fault.skill ?? `fault ${fault.fault}`, ink: "strong" },
      { text: things.length === 1 ? things[0]!.key : `${amount(things.length)} things` },
      words[landing ?? "unknown"],
      { text: stood },
    ];
    const notes = errors
      .slice(0, 3)
      .map(({ message, remedy }) => (remedy ? `${message} ${sign.arrow} ${remedy}` : message));
    return { cells, notes };
  });
}

/** What was looked at through another connection, and what was seen there. */
export function witnessRows({ faults }: RunReport, sign: Signs): NotedRow[] {
  const seen = faults.flatMap(({ skill, fault, things }) =>
    things.flatMap(({ key, witness }) =>
      witness === null ? [] : [{ skill: skill ?? `fault ${fault}`, key, witness }],
    ),
  );
  return seen.slice(0, mostRows).map(({ skill, key, witness: { landed, t, detail } }) => {
    const tone = landed ? "good" : "bad";
    const cells: Cell[] = [
      { text: sign[tone], ink: tone },
      { text: skill, ink: "strong" },
      { text: key },
      { text: clock(t), ink: "dim", align: "right" },
    ];
    return { cells, notes: [detail] };
  });
}

export function undoRows({ undos, faults }: RunReport, sign: Signs): NotedRow[] {
  const names = new Map(faults.map(({ fault, skill }) => [fault, skill ?? `fault ${fault}`]));
  const order = ({ outcome }: UndoReport) =>
    outcome === null || outcome === "failed" ? 0 : outcome === "conflict" ? 1 : 2;
  const sorted = undos.toSorted((a, b) => order(a) - order(b) || (a.startedAt ?? 0) - (b.startedAt ?? 0));
  const shown = sorted.slice(0, mostRows);
  const rows = shown.map((undo): NotedRow => {
    const { outcome, worth, thing, ms, remains, residues, detail } = undo;
    const tone = outcome === null ? "bad" : outcomeTones[outcome];
    const text =
      outcome === null ? "not undone" : isIdentical(undo) ? `identical (${worth})` : outcomeText(outcome, worth);
    const left = [...remains, ...(residues ?? [])];
    const notes = [
      ...(tone === "good" || detail === null ? [] : [detail]),
      ...(left.length > 0 ? [`remains: ${left.join("; ")}`] : []),
    ];
    const cells: Cell[] = [
      { text: sign[tone], ink: tone },
      { text: names.get(undo.fault)!, ink: "strong" },
      { text: thing },
      { text, ink: tone },
      { text: millis(ms), align: "right" },
    ];
    return { cells, notes };
  });
  const more = undos.length - shown.length;
  return more === 0 ? rows : [...rows, { cells: [{ text: "" }, { text: `and ${amount(more)} more` }], notes: [] }];
}

export function leftRows({ left }: RunReport, sign: Signs): NotedRow[] {
  return left.slice(0, mostRows).map(({ thing, label, why }) => ({
    cells: [{ text: sign.bad, ink: "bad" }, { text: thing, ink: "strong" }, { text: label }],
    notes: [why],
  }));
}

/** On a narrow terminal, what a figure is about goes below it. */
export function figureRows(report: RunReport, beside: boolean): NotedRow[] {
  return keyFigures(report).map(({ label, value, about, tone }) => {
    const cells: Cell[] = [{ text: label }, { text: value, ink: tone === "plain" ? "strong" : tone, align: "right" }];
    return beside ? { cells: [...cells, { text: about, ink: "dim" }], notes: [] } : { cells, notes: [about] };
  });
}
