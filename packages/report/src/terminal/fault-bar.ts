import type { FaultReport, RunState } from "../report.ts";

/** From when until when faults come and go, in milliseconds since the run's first event. */
export interface FaultSpan {
  from: number;
  until: number;
  now: number;
}

/** From the first fault to where the last is meant to end, or to now where that is later. */
export function faultSpan({ phases, faults, header, verdict, lastAt }: Readonly<RunState>, t: number): FaultSpan {
  const from = phases.find(({ phase }) => phase === "inject")?.startedAt ?? 0;
  const now = verdict === null ? t : lastAt;
  const begun = faults.some(({ startedAt }) => startedAt !== null);
  const undone = faults.every(({ undoneAt, startedAt }) => startedAt === null || undoneAt !== null);
  const ends = faults.map(({ undoneAt }) => undoneAt ?? 0);
  // Once all is back the course is known, and what was meant is of no use any more.
  const until = begun && undone && verdict !== null ? Math.max(...ends) : Math.max(now, from + (header.plannedMs ?? 0));
  return { from, until: Math.max(until, from + 1), now };
}

const marks = {
  unicode: { none: "·", meant: "░", changing: "▒", stands: "█" },
  ascii: { none: ".", meant: "-", changing: "=", stands: "#" },
};

/** A fault's place in time: when it is meant to be, was being made or undone, and stood. */
export function faultBar(fault: FaultReport, { from, until, now }: FaultSpan, width: number, unicode: boolean): string {
  const { none, meant, changing, stands } = marks[unicode ? "unicode" : "ascii"];
  const { startedAt, activeFrom, undoStartedAt, undoneAt, planned } = fault;
  const step = (until - from) / width;
  const meantFrom = startedAt ?? from + (planned.at ?? 0);
  const meantUntil = planned.duration === null ? until : (activeFrom ?? meantFrom) + planned.duration;
  const over = undoneAt ?? (fault.state === "failed" ? (fault.errors.at(-1)?.t ?? now) : now);
  return Array.from({ length: width }, (_, index) => {
    const begin = from + index * step;
    const end = begin + step;
    const touches = (a: number, b: number) => a < end && b > begin && b > a;
    if (activeFrom !== null && touches(activeFrom, undoStartedAt ?? over)) return stands;
    if (startedAt !== null && touches(startedAt, over)) return changing;
    if (undoneAt === null && begin >= now && touches(meantFrom, meantUntil)) return meant;
    return none;
  }).join("");
}
