import type { RunReport } from "../report.ts";

/** `not-required`: it was outside tolerance, where the experiment does not hold it against it. */
export type Judgement = "held" | "not-held" | "not-required" | null;

/** Whether a steady-state probe held, by the checks of the run; null where nobody judged it. */
export function judgementOf(
  { checks }: Pick<RunReport, "checks">,
  { probe, stats }: RunReport["probes"][number],
  when: "before" | "during" | "after",
): Judgement {
  const judged = checks.filter((check) => check.when === when);
  const answer = judged.flatMap((check) => check.answers).findLast((one) => one.probe === probe);
  if (answer) return answer.ok ? "held" : "not-held";
  // The check of the time in between lists only what it objects to.
  if (when !== "during" || judged.length === 0 || stats.during.asked === 0) return null;
  return stats.during.failed === 0 ? "held" : "not-required";
}
