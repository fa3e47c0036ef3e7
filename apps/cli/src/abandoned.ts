import type { RunSummary } from "@chaos-agents/engine";

/** What nobody is undoing: the run's process is gone, and something is left. */
export const isAbandoned = ({ live, pending, damaged }: RunSummary): boolean =>
  !live && (pending > 0 || damaged !== null);

/** Said where no run is. */
export const nothingLeft = "Nothing is left to undo.";
