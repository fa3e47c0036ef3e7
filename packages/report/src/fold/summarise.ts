import { counted } from "@chaos-agents/core";
import { millis } from "../quantities.ts";
import type { RunReport } from "../report.ts";
import { all, everyFault, landed } from "./tell-faults.ts";

/** The verdict in a few sentences. Claims only what was seen: without a witness nothing landed, without a look nothing is identical. */
export function summarise(report: RunReport): string {
  const { verdict, reason, stops, trips } = report;
  if (report.run === null) return "Nothing has happened yet.";
  const stop = stops[0]?.detail || reason;
  switch (verdict) {
    case null:
      return `The run never said how it ended. ${leftOver(report)}`;
    case "passed":
      return `${landed(report)}. ${undone(report)}${back(report)}`;
    case "observed":
      return "Nothing was broken; the system was only watched.";
    case "deviated":
      return `The steady state did not hold. ${undone(report)}`;
    case "unlanded":
      return `${landed(report)}, and a fault that is not there proves nothing. ${undone(report)}`;
    case "refused":
      return "Stopped before anything was touched.";
    case "guarded":
      return `A guard stopped the run (${trips[0] ? `${trips[0].guard}: ${trips[0].detail}` : stop}). ${everyFault(report)}${undone(report)}${back(report)}`;
    case "halted":
    case "interrupted":
      if (stops.length === 0) return `The run was cut off before its end. ${everyFault(report)}${undone(report)}`;
      return `Stopped early${stop ? ` (${stop})` : ""}. ${everyFault(report)}${undone(report)}${back(report)}`;
    case "rollback-incomplete":
      return leftOver(report);
  }
}

/** What the run said about its end, where the summary does not say it already. */
export function furtherReason({ verdict, reason, summary }: RunReport): string | null {
  const further = verdict === "deviated" || verdict === "unlanded" || verdict === "refused";
  return further && reason !== null && !summary.includes(reason) ? reason : null;
}

function back({ figures: { recoveryMs } }: RunReport): string {
  return recoveryMs === null ? "" : ` Steady again ${millis(recoveryMs)} after the undo.`;
}

function leftOver({ left, figures: { undos } }: RunReport): string {
  if (left.length === 0) return "Nothing it wrote down is left to undo.";
  const count = left.length < undos.total ? `${left.length} of ${undos.total} changes` : counted(left.length, "change");
  return `${count} ${left.length === 1 ? "is" : "are"} still there and must be put back.`;
}

/** Whether this undo may be called identical: worth it, ended well, nothing remains, and somebody looked. */
export function isIdentical(undo: RunReport["undos"][number]): boolean {
  const ended = undo.outcome === "undone" || undo.outcome === "already";
  return ended && undo.worth === "exact" && undo.remains.length === 0 && undo.residues?.length === 0;
}

function undone({ undos, figures }: RunReport): string {
  const { total, exact, conflict, failed, pending, compensated, recoversByItself } = figures.undos;
  if (total === 0) return "There was nothing to undo.";
  const open = failed + pending;
  if (open > 0) return `${open} of ${counted(total, "change")} ${open === 1 ? "is" : "are"} not undone.`;
  const identical = undos.filter(isIdentical).length;
  const shares = [
    [identical, "identical to before"],
    [exact - identical, "exact, but not compared"],
    [compensated, "compensated"],
    [recoversByItself, "with nothing to put back"],
    [conflict, "left as others made it"],
  ] as const;
  const ways = shares.filter(([count]) => count > 0);
  const done = `${total === 1 ? "The change is" : `${all(total)} changes are`} ${conflict > 0 ? "dealt with" : "undone"}`;
  if (ways.length === 0) return `${done}.`;
  if (ways[0]![0] === total) return `${done}, ${ways[0]![1]}.`;
  return `${done}: ${ways.map(([count, way]) => `${count} ${way}`).join(", ")}.`;
}
