import { formatDuration } from "@chaos-agents/core";
import { scaleLinear } from "d3-scale";
import type { RunReport } from "../report.ts";

/** Where in a chart a moment is, in percent of its width. A long pause before a recovery is cut out. */
export interface TimeAxis {
  x(t: number): number;
  /** Which unbroken stretch a moment is in: no line may be drawn from one to another. */
  stretchOf(t: number): number;
  ticks: { x: number; label: string }[];
  cuts: { from: number; until: number; ms: number }[];
  until: number;
}

interface Stretch {
  from: number;
  until: number;
}

export function timeAxis(report: Pick<RunReport, "sessions" | "lastAt">): TimeAxis {
  const stretches = stretchesOf(report);
  const gap = Math.min(3, 12 / stretches.length);
  const floor = Math.min(14, 50 / stretches.length);
  const lengths = stretches.map(({ from, until }) => until - from);
  const longest = lengths.reduce((total, length) => total + length, 0);
  const shares = lengths.map((length) => Math.max(floor, (length / longest) * 100));
  const room = (100 - gap * (stretches.length - 1)) / shares.reduce((total, share) => total + share, 0);
  const domain: number[] = [];
  const range: number[] = [];
  let at = 0;
  stretches.forEach(({ from, until }, index) => {
    domain.push(from, until);
    range.push(at, at + shares[index]! * room);
    at += shares[index]! * room + gap;
  });
  const scale = scaleLinear(domain, range).clamp(true);
  return {
    x: (t) => scale(t),
    stretchOf: (t) =>
      Math.max(
        0,
        stretches.findLastIndex(({ from }) => t >= from),
      ),
    ticks: stretches.flatMap(({ from, until }, index) => {
      const most = Math.max(1, Math.round((shares[index]! * room) / 12));
      return ticksWithin(from, until, most).map((t) => ({ x: scale(t), label: t === 0 ? "0s" : signed(t) }));
    }),
    cuts: stretches.slice(1).map(({ from }, index) => {
      const before = stretches[index]!.until;
      return { from: scale(before), until: scale(from), ms: from - before };
    }),
    until: stretches.at(-1)!.until,
  };
}

const signed = (t: number) => (t < 0 ? `-${formatDuration(-t)}` : formatDuration(t));

/** Sessions as stretches of time that do not overlap; a short pause is no cut. */
function stretchesOf({ sessions, lastAt }: Pick<RunReport, "sessions" | "lastAt">): Stretch[] {
  const all = sessions.map((session) => ({
    from: Math.min(session.startedAt, session.lastAt),
    until: Math.max(session.startedAt, session.lastAt),
  }));
  const sorted = all.toSorted((a, b) => a.from - b.from);
  const measured = sorted.reduce((total, { from, until }) => total + until - from, 0);
  const merged: Stretch[] = [];
  for (const next of sorted) {
    const last = merged.at(-1);
    if (last && next.from - last.until < Math.max(2_000, measured * 0.4)) last.until = Math.max(last.until, next.until);
    else merged.push({ ...next });
  }
  if (merged.length === 0) merged.push({ from: 0, until: Math.max(0, lastAt) });
  for (const stretch of merged) stretch.until = Math.max(stretch.until, stretch.from + 1);
  return merged;
}

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const steps = [
  1,
  2,
  5,
  10,
  20,
  50,
  100,
  200,
  500,
  ...[1, 2, 5, 10, 15, 30].map((n) => n * second),
  ...[1, 2, 5, 10, 15, 30].map((n) => n * minute),
  ...[1, 2, 3, 6, 12, 24].map((n) => n * hour),
];

function ticksWithin(from: number, until: number, most: number): number[] {
  const wanted = (until - from) / most;
  const step = steps.find((one) => one >= wanted);
  if (step === undefined) return scaleLinear([from, until], [0, 1]).ticks(most);
  const first = Math.ceil(from / step) * step;
  return Array.from({ length: Math.floor((until - first) / step) + 1 }, (_, index) => first + index * step);
}
