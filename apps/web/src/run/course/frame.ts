import { chartFrame, type ChartFrame, type RunReport, timeAxis } from "@chaos-agents/report/browser";

export interface CourseFrame extends ChartFrame {
  /** When the last fault is to be undone, while nothing is undone yet. */
  plannedEnd: number | null;
}

/** One axis of time for timeline and charts. While a run lives there is room for what comes next, made larger in steps. */
export function frameOf(report: RunReport, live: boolean): CourseFrame {
  if (!live) return { ...chartFrame(report, timeAxis(report)), plannedEnd: null };
  const plannedEnd = plannedEndOf(report);
  const sessions = report.sessions.map((session, index, all) =>
    index < all.length - 1
      ? session
      : { ...session, lastAt: session.startedAt + reachOf(report.lastAt - session.startedAt, plannedEnd) },
  );
  const axis = { ...timeAxis({ sessions, lastAt: report.lastAt }), until: report.lastAt };
  return { ...chartFrame(report, axis), plannedEnd };
}

const least = 15_000;
const growth = 1.5;

/** How much time the axis shows: always more than has been, and the planned end as soon as it is not far away. */
export function reachOf(elapsed: number, plannedEnd: number | null): number {
  const steps = Math.ceil(Math.log((elapsed * 1.1) / least) / Math.log(growth));
  const reach = least * growth ** Math.max(0, steps);
  const whole = plannedEnd === null ? Infinity : plannedEnd * 1.04;
  return elapsed * 1.02 <= whole && whole <= reach ? whole : reach;
}

function plannedEndOf(report: RunReport): number | null {
  const start = injectStart(report);
  const ending = report.phases.some(({ phase }) => phase === "undo" || phase === "recover");
  return start === null || ending || report.header.plannedMs === null ? null : start + report.header.plannedMs;
}

export const injectStart = ({ phases }: Pick<RunReport, "phases">) =>
  phases.find(({ phase }) => phase === "inject")?.startedAt ?? null;
