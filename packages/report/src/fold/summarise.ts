import { counted, millis } from "../quantities.ts";
import type { RunReport } from "../report.ts";

/** The verdict's sentence. Claims only what was seen: without a witness nothing landed, without a look nothing is identical. */
export function summarise(report: RunReport): string {
  const { verdict, reason, stops } = report;
  if (report.run === null) return "Nothing has happened yet.";
  const stop = stops[0]?.detail ?? reason ?? "";
  switch (verdict) {
    case null:
      return `The run never said how it ended; ${leftOver(report)}.`;
    case "passed":
      return `${landed(report)}${back(report)}; ${undone(report)}.`;
    case "observed":
      return "Nothing was broken; the system was only watched.";
    case "deviated":
      return `The steady state did not hold; ${undone(report)}.`;
    case "unlanded":
      return `${landed(report)}: a fault that is not there proves nothing; ${undone(report)}.`;
    case "refused":
      return "Stopped before anything was touched.";
    case "guarded":
      return `A guard stopped the run (${report.trips[0] ? `${report.trips[0].guard}: ${report.trips[0].detail}` : stop}); ${undone(report)}.`;
    case "halted":
    case "interrupted":
      return `The run was stopped early${stop ? ` (${stop})` : ""}; ${undone(report)}.`;
    case "rollback-incomplete":
      return `Not everything could be put back: ${leftOver(report)}.`;
  }
}

function landed({ figures: { faults } }: RunReport): string {
  if (faults.planned === 0) return "There was nothing to break";
  if (faults.landed < faults.planned) return `${faults.landed} of ${counted(faults.planned, "fault")} landed`;
  return faults.planned === 1 ? "The fault landed" : `All ${counted(faults.planned, "fault")} landed`;
}

function back({ figures: { recoveryMs } }: RunReport): string {
  return recoveryMs === null ? "" : `, the steady state was back ${millis(recoveryMs)} after the undo`;
}

function leftOver({ left }: RunReport): string {
  if (left.length === 0) return "nothing it wrote down is left to undo";
  return left.length === 1 ? "1 change is still there" : `${counted(left.length, "change")} are still there`;
}

/** Whether this undo may be called identical: worth it, ended well, nothing remains, and somebody looked. */
export function isIdentical(undo: RunReport["undos"][number]): boolean {
  const ended = undo.outcome === "undone" || undo.outcome === "already";
  return ended && undo.worth === "exact" && undo.remains.length === 0 && undo.residues?.length === 0;
}

function undone({ undos, figures }: RunReport): string {
  const { total, conflict, failed, pending, compensated, recoversByItself } = figures.undos;
  if (total === 0) return "there was nothing to undo";
  if (failed + pending > 0) return `${counted(failed + pending, "change")} of ${total} not undone`;
  if (undos.every(isIdentical)) {
    return total === 1
      ? "the change is undone, identical to before"
      : `all ${total} changes are undone, identical to before`;
  }
  const less = [
    ...(compensated > 0 ? [`${compensated} compensated`] : []),
    ...(recoversByItself > 0 ? [`${recoversByItself} left to recover by itself`] : []),
    ...(conflict > 0 ? [`${counted(conflict, "conflict")} left as others made it`] : []),
  ];
  const done = conflict > 0 ? "dealt with" : "put back";
  return `${total === 1 ? "the change is" : `all ${total} changes are`} ${done}${less.length > 0 ? `, ${less.join(", ")}` : ""}`;
}
