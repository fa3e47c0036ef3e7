import type { RunSummary } from "@chaos-agents/engine";

/** What nobody is undoing: the run's process is gone, and something is left. */
export const isAbandoned = ({ live, pending, damaged }: RunSummary): boolean =>
  !live && (pending > 0 || damaged !== null);
