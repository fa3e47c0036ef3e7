import { outcomeText, outcomeTones } from "../fold/describe-event.ts";
import { amount, answered, clock, millis, quantity } from "../quantities.ts";
import type { FaultReport, RunState } from "../report.ts";
import type { Cell } from "./columns.ts";
import { faultBar, faultSpan } from "./fault-bar.ts";
import type { Ink, Signs } from "./paint.ts";
import { progressBar, sparkline } from "./sparkline.ts";

/** What a frame is drawn from: the run so far, and the moment it is drawn at. */
export interface Moment {
  state: Readonly<RunState>;
  /** Now, in milliseconds since the run's first event. */
  t: number;
  sign: Signs;
  unicode: boolean;
  /** Columns of the terminal: what is nice to have is left out of a narrow one. */
  width: number;
}

const recent = 240;

/** What moves comes first where there are too many faults to show them all. */
const urgency: Record<FaultReport["state"], number> = {
  failed: 0,
  lost: 0,
  "undo-failed": 0,
  injecting: 1,
  undoing: 1,
  active: 2,
  conflict: 3,
  undone: 4,
  waiting: 5,
};

const fewFaults = 10;

export function liveFaults({ state, t, sign, unicode, width }: Moment, bars = 0): Cell[][] {
  const { faults } = state;
  const span = faultSpan(state, t);
  const ordered = faults.length <= fewFaults ? faults : faults.toSorted((a, b) => urgency[a.state] - urgency[b.state]);
  return ordered.map((fault) => {
    const things = fault.things.length === 1 ? fault.things[0]!.key : `${amount(fault.things.length)} things`;
    const [mark, ink] = faultSign(fault, sign);
    return [
      { text: mark, ink },
      { text: fault.skill ?? `fault ${fault.fault}`, ink: fault.state === "waiting" ? "dim" : "strong" },
      { text: things, ink: "dim" },
      ...(bars > 0 ? [{ text: faultBar(fault, span, bars, unicode), ink }] : []),
      faultWords(fault, state, t, (share) => progressBar(share, width >= 70 ? 12 : 6, sign.bar)),
    ];
  });
}

function faultSign({ state, outcome }: FaultReport, sign: Signs): [string, Ink] {
  if (state === "waiting") return [sign.waiting, "dim"];
  if (state === "injecting") return [sign.making, "accent"];
  if (state === "active") return [sign.active, "warn"];
  if (state === "undoing") return [sign.undoing, "accent"];
  if (state === "failed" || state === "lost") return [sign.bad, "bad"];
  const tone = outcome === null ? "dim" : outcomeTones[outcome];
  return [sign[tone], tone];
}

function faultWords(fault: FaultReport, run: RunState, t: number, bar: (share: number) => string): Cell {
  const { state, progress, outcome, reversal, errors } = fault;
  switch (state) {
    case "waiting": {
      const first = startOf(run);
      const at = fault.planned.at;
      const waits = at !== null && first !== null && first + at > t ? `, starts in ${clock(first + at - t)}` : "";
      return { text: run.verdict === null ? `waiting${waits}` : "never started", ink: "dim" };
    }
    case "injecting": {
      if (!progress || progress.total <= 0) return { text: "injecting", ink: "accent" };
      const done = `${amount(progress.done)} of ${amount(progress.total)} ${progress.unit}`;
      return { text: `${bar(progress.done / progress.total)} ${done}`, ink: "accent" };
    }
    case "active": {
      if (run.undos.some((undo) => undo.startedAt !== null) && run.phases.at(-1)?.phase === "undo") {
        return { text: "active, its undo comes", ink: "warn" };
      }
      const left = timeLeft(fault, run, t);
      const since = fault.activeFrom ?? t;
      return { text: left === null ? `active for ${clock(t - since)}` : `active, ${clock(left)} left`, ink: "warn" };
    }
    case "undoing":
      return { text: "undoing", ink: "accent" };
    case "failed":
    case "lost":
      return { text: errors.at(-1)?.message ?? state, ink: "bad" };
    case "undone":
    case "conflict":
    case "undo-failed":
      return outcome === null ? { text: state } : { text: outcomeText(outcome, reversal), ink: outcomeTones[outcome] };
  }
}

const startOf = ({ phases }: RunState) => phases.find(({ phase }) => phase === "inject")?.startedAt ?? null;

/** Until its own time is over, or the experiment's; null where nobody can know. */
function timeLeft({ activeFrom, planned }: FaultReport, run: RunState, t: number): number | null {
  const start = startOf(run);
  const ends = [
    ...(activeFrom !== null && planned.duration !== null ? [activeFrom + planned.duration] : []),
    ...(start !== null && run.header.plannedMs !== null ? [start + run.header.plannedMs] : []),
  ];
  return ends.length === 0 ? null : Math.max(0, Math.min(...ends) - t);
}

/** Every probe's newest answer: guards too, since a guard is a probe that stops the run. */
export function liveProbes({ state, sign, unicode, width }: Moment): Cell[][] {
  return state.probes.map(({ probe, role, points, expect, maxLatencyMs }) => {
    const last = points.at(-1);
    const tripped = role === "guard" && state.trips.some((trip) => trip.guard === probe);
    const tone = last === undefined ? "dim" : last.ok && !tripped ? "good" : role === "guard" ? "bad" : "warn";
    const numbers = points
      .slice(-recent)
      .map(({ value, latencyMs }) => (role === "guard" ? numeric(value) : latencyMs));
    const limits = [
      ...(expect === null ? [] : [expect]),
      ...(maxLatencyMs === null ? [] : [`within ${millis(maxLatencyMs)}`]),
    ];
    const value = last === undefined ? "" : last.value === null ? (last.ok ? "ok" : "no answer") : answered(last.value);
    return [
      { text: sign[tone], ink: tone },
      { text: role === "guard" ? `guard: ${probe}` : probe },
      { text: tripped ? "TRIPPED" : value, ink: tone === "good" ? "strong" : tone, align: "right" },
      { text: last === undefined || last.latencyMs === null ? "" : millis(last.latencyMs), align: "right" },
      { text: width >= 55 ? sparkline(numbers, width >= 90 ? 30 : 14, unicode) : "", ink: "accent" },
      { text: width >= 110 ? limits.join(", ") : "", ink: "dim" },
    ];
  });
}

const numeric = (value: number | string | null) => (typeof value === "number" ? value : null);

export function liveSamples({ state, unicode, width }: Moment): Cell[][] {
  return state.sources.flatMap(({ source, columns }) =>
    columns.map(({ name, unit, values }): Cell[] => {
      const label = state.sources.length > 1 ? `${source} ${name}` : name;
      const last = values.at(-1) ?? null;
      return [
        { text: label },
        { text: quantity(last, unit), ink: "strong", align: "right" },
        { text: sparkline(values.slice(-recent), Math.max(6, Math.min(30, width - 26)), unicode), ink: "accent" },
      ];
    }),
  );
}

export function liveUndo({ state, sign, width }: Moment): Cell[][] {
  const { undos, phases, verdict } = state;
  const undoing = phases.at(-1)?.phase === "undo" || phases.at(-1)?.phase === "recover";
  const begun = undos.some((undo) => undo.startedAt !== null);
  // While faults still come and go, their own rows say which are undone.
  if (!begun || !(undoing || verdict !== null || phases.some(({ phase }) => phase === "verify"))) return [];
  const ended = undos.filter((undo) => undo.outcome !== null);
  const bad = undos.filter((undo) => undo.outcome === "failed").length;
  const counts = `${amount(ended.length)} of ${amount(undos.length)}`;
  return [
    [
      {
        text: progressBar(ended.length / undos.length, Math.min(30, width - 20), sign.bar),
        ink: bad > 0 ? "bad" : "good",
      },
      { text: counts, ink: "strong" },
      { text: bad > 0 ? `${amount(bad)} failed` : "", ink: "bad" },
    ],
  ];
}
