import { type EventBody, type Experiment, type Verdict, ChaosError, describeError } from "@chaos-agents/core";
import {
  type PlannedFault,
  type PlanningContext,
  planningDeadline,
  describePlan,
  planCost,
  planFaults,
  preflight,
} from "./planning.ts";
import { withDeadline } from "./deadline.ts";
import { identityOf } from "./identity.ts";
import type { RunOutcome, RunRequest } from "./run-experiment.ts";
import type { RunLog } from "./run-log.ts";
import type { StopReason, StopSource } from "./stop-source.ts";
import type { TargetPool } from "./target-pool.ts";

/** Ends a run before anything is touched. */
export class Refusal extends Error {
  readonly verdict: Verdict;
  constructor(verdict: Verdict, reason: string, options?: ErrorOptions) {
    super(reason, options);
    this.verdict = verdict;
  }
}

/** Connects, discovers, plans and checks; reads only. Throws a Refusal when the plan must not be run. */
export async function prepare(
  request: Omit<RunRequest, "store">,
  run: string,
  log: RunLog,
  targets: TargetPool,
): Promise<PlannedFault[]> {
  const { experiment, catalog, stop, clock, random } = request;
  const { signal } = stop;
  await log.emit({ type: "phase-started", phase: "discover" });
  const names = Object.keys(experiment.targets);
  const open = await Promise.all(names.map((name) => targets.get(name, [signal])));
  const discoveries = await Promise.all(
    open.map((target) =>
      withDeadline(`discovering ${target.label}`, planningDeadline, [signal], (patience) => target.discover(patience)),
    ),
  );
  for (const [i, name] of names.entries()) {
    await log.emit({
      type: "target-discovered",
      target: name,
      kind: experiment.targets[name]!.kind,
      label: open[i]!.label,
      summary: discoveries[i]!.summary,
      identity: identityOf(open[i]!),
    });
  }
  await log.emit({ type: "phase-started", phase: "plan" });
  const context: PlanningContext = { run, clock, random, signal };
  const byName = new Map(names.map((name, i) => [name, open[i]!]));
  const faults = await planFaults(catalog, experiment, byName, context);
  await log.emit({ type: "planned", faults: describePlan(faults), cost: planCost(faults) });
  await log.emit({ type: "phase-started", phase: "preflight" });
  const problems = await preflight(faults, experiment, byName, context);
  await log.emit({ type: "preflight-finished", findings: problems });
  const errors = problems.filter(({ level }) => level === "error");
  if (errors.length > 0) throw new Refusal("refused", errors.map(({ message }) => message).join("; "));
  return faults;
}

export function runStarted({ experiment, version, file, random }: Omit<RunRequest, "store">): EventBody {
  const { name, hypothesis, owner, ticket, tags, duration, steadyState, guards } = experiment;
  const given = Object.fromEntries(
    Object.entries({ hypothesis, owner, ticket, file }).filter(([, v]) => v !== undefined),
  );
  const probe =
    (role: "steady-state" | "guard") => (use: Experiment["steadyState"][number] | Experiment["guards"][number]) => ({
      probe: use.name,
      kind: use.kind,
      role,
      ...(use.expect === undefined ? {} : { expect: use.expect }),
      ...(use.maxLatency === undefined ? {} : { maxLatencyMs: use.maxLatency }),
    });
  return {
    type: "run-started",
    experiment: name,
    version,
    ...given,
    tags,
    durationMs: duration,
    seed: random.seed,
    probes: [...steadyState.map(probe("steady-state")), ...guards.map(probe("guard"))],
  };
}

export function verdictOf(reason: StopReason): Verdict {
  const verdicts = {
    guard: "guarded",
    halt: "halted",
    interrupt: "interrupted",
    failure: "unlanded",
    crash: "interrupted",
  } as const;
  return verdicts[reason.by];
}

export const remedyOf = (error: unknown): { remedy?: string } =>
  error instanceof ChaosError && error.remedy !== undefined ? { remedy: error.remedy } : {};

export function refusalOf(error: unknown, stop: StopSource): Omit<RunOutcome, "run" | "left"> {
  if (stop.reason) return { verdict: verdictOf(stop.reason), reason: stop.reason.message };
  if (error instanceof Refusal) return { verdict: error.verdict, reason: error.message };
  return { verdict: "refused", reason: describeError(error), ...remedyOf(error) };
}
