import { chartFrame, type ChartFrame, type RunReport, timeAxis } from "@chaos-agents/report/browser";

/** One axis of time for timeline and charts. While a run lives it reaches to its planned end, so that lines grow instead of shrinking. */
export function frameOf(report: RunReport, live: boolean): ChartFrame {
  if (!live) return chartFrame(report, timeAxis(report));
  const until = Math.max(report.lastAt, (injectStart(report) ?? report.lastAt) + (report.header.plannedMs ?? 0));
  const sessions = report.sessions.map((session, index, all) =>
    index === all.length - 1 ? { ...session, lastAt: Math.max(session.lastAt, all.length > 1 ? 0 : until) } : session,
  );
  const axis = { ...timeAxis({ sessions, lastAt: report.lastAt }), until: report.lastAt };
  return chartFrame(report, axis);
}

export const injectStart = ({ phases }: Pick<RunReport, "phases">) =>
  phases.find(({ phase }) => phase === "inject")?.startedAt ?? null;
