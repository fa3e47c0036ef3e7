import type { ErrorCode, Verdict } from "@chaos-agents/core";
import type { RunState, Tone } from "./report.ts";

/** What a run's process exits with. `refused` is 1, or 2 where the experiment itself asks for what it may not have. */
export const exitCodes: Readonly<Record<Verdict, number>> = {
  passed: 0,
  observed: 0,
  unlanded: 1,
  refused: 1,
  deviated: 3,
  "rollback-incomplete": 4,
  guarded: 5,
  halted: 5,
  interrupted: 130,
};

const refusedByConfig: ReadonlySet<string> = new Set<ErrorCode>([
  "usage",
  "invalid-file",
  "unknown-skill",
  "blast-radius-exceeded",
  "missing-secret",
]);

export function exitCodeOf({ verdict, findings }: Pick<RunState, "verdict" | "findings">): number | null {
  if (verdict === null) return null;
  const config = findings.some((finding) => finding.level === "error" && refusedByConfig.has(finding.code));
  return verdict === "refused" && config ? 2 : exitCodes[verdict];
}

/** How a verdict is shown: a run without one ended before it could say. */
export const verdictWords: Readonly<Record<Verdict | "unfinished", { title: string; tone: Exclude<Tone, "dim"> }>> = {
  passed: { title: "Passed", tone: "good" },
  observed: { title: "Observed", tone: "plain" },
  deviated: { title: "Deviated", tone: "warn" },
  unlanded: { title: "Did not land", tone: "warn" },
  refused: { title: "Refused", tone: "warn" },
  guarded: { title: "Stopped by a guard", tone: "warn" },
  halted: { title: "Halted", tone: "warn" },
  interrupted: { title: "Interrupted", tone: "warn" },
  "rollback-incomplete": { title: "Rollback incomplete", tone: "bad" },
  unfinished: { title: "Unfinished", tone: "bad" },
};

export const shownVerdict = (verdict: Verdict | null) => verdictWords[verdict ?? "unfinished"];
