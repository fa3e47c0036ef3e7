import { fixedEventKeys, redactDeep } from "@chaos-agents/core";
import { prepare, refusalOf, runStarted } from "./prepare.ts";
import type { RunOutcome, RunRequest } from "./run-experiment.ts";
import { newRunId } from "./run-id.ts";
import { RunLog, unsavedSink } from "./run-log.ts";
import { TargetPool } from "./target-pool.ts";

/** Finds out what a run would do, and touches nothing: the same discovery, plan and preflight, and no journal. */
export async function planExperiment(request: Omit<RunRequest, "store">): Promise<RunOutcome> {
  const run = newRunId(request.clock.now());
  const log = new RunLog(unsavedSink(run, request.clock, request.redact), run, request);
  await using targets = new TargetPool(request.catalog, request.experiment, run, request.clock);
  await log.emit(runStarted(request));
  try {
    await prepare(request, run, log, targets);
    const outcome = { verdict: "observed", reason: "dry run: nothing was touched", left: [] } as const;
    await log.emit({ type: "run-finished", ...outcome, left: [] });
    return { run, ...outcome };
  } catch (error) {
    const refusal = redactDeep(refusalOf(error, request.stop), request.redact, fixedEventKeys);
    await log.emit({ type: "run-finished", ...refusal, left: [] });
    return { run, ...refusal, left: [] };
  }
}
