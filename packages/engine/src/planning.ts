import {
  type Agent,
  type BlastCost,
  type Catalog,
  ChaosError,
  type Clock,
  type Experiment,
  type Finding,
  type PlannedFaultView,
  type Random,
  type Skill,
  type SkillContext,
  type SkillUse,
  type Target,
  type Thing,
  blastUnits,
  describeError,
  totalCost,
} from "@chaos-agents/core";
import { withDeadline } from "./deadline.ts";

export const planningDeadline = 60_000;

/** One skill use, with the exact things it will touch. */
export interface PlannedFault {
  id: string;
  use: SkillUse;
  skill: Skill;
  things: Thing[];
}

export interface FoundProblem extends Finding {
  skill?: string;
}

export function agentFor(catalog: Catalog, kind: string): Agent {
  const agent = catalog.agents.find((one) => one.target === kind || one.aliases.includes(kind));
  if (!agent) throw new ChaosError("unsupported", `this version cannot reach targets of kind "${kind}"`);
  return agent;
}

export function skillFor(catalog: Catalog, name: string): Skill {
  for (const agent of catalog.agents) {
    const skill = agent.skills.find((one) => one.name === name);
    if (skill) return skill;
  }
  throw new ChaosError("unknown-skill", `there is no skill "${name}"`, { remedy: "see `chaos list-skills`" });
}

/** The marks we leave on targets: `chaos/<run>` for a run, `chaos/<run>/<fault>` for one fault. */
export const markOf = (run: string, fault?: string) => (fault ? `chaos/${run}/${fault}` : `chaos/${run}`);

export interface PlanningContext {
  run: string;
  clock: Clock;
  random: Random;
  signal: AbortSignal;
}

export const skillContext = (context: PlanningContext, fault: string): SkillContext => ({
  run: context.run,
  fault,
  mark: markOf(context.run, fault),
  signal: context.signal,
  clock: context.clock,
  random: context.random,
});

/** Resolves every skill to exact things. Nothing found is an error: a fault that touches nothing would be green. */
export async function planFaults(
  catalog: Catalog,
  experiment: Experiment,
  targets: ReadonlyMap<string, Target>,
  context: PlanningContext,
): Promise<PlannedFault[]> {
  const filters = experiment.resourceFilters.map((filter) => new RegExp(filter));
  const matchesFilters = (name: string) => filters.length === 0 || filters.some((filter) => filter.test(name));
  const faults: PlannedFault[] = [];
  for (const use of experiment.skills) {
    const skill = skillFor(catalog, use.skill);
    for (let repetition = 0; repetition < use.count; repetition++) {
      const id = String(faults.length + 1);
      const things = await withDeadline(
        `${use.skill}: looking for what to touch`,
        planningDeadline,
        [context.signal],
        (signal) =>
          skill.resolve(targets.get(use.target)!, use.params, {
            ...skillContext({ ...context, signal }, id),
            matchesFilters,
          }),
      );
      if (things.length === 0) {
        throw new ChaosError(
          "nothing-matched",
          `${use.skill} found nothing to touch on ${targets.get(use.target)!.label}`,
          {
            remedy: "check the names in its params and the experiment's resource_filters",
          },
        );
      }
      faults.push({ id, use, skill, things });
    }
  }
  return faults;
}

/** Everything that can be known to go wrong before anything is touched. */
export async function preflight(
  faults: readonly PlannedFault[],
  experiment: Experiment,
  targets: ReadonlyMap<string, Target>,
  context: PlanningContext,
): Promise<FoundProblem[]> {
  const found: FoundProblem[] = overBlastRadius(experiment.blastRadius, planCost(faults));
  const seen = new Set<string>();
  for (const { id, use, skill, things } of faults) {
    let findings: Finding[];
    try {
      findings = await withDeadline(`${use.skill}: preflight`, planningDeadline, [context.signal], async (signal) =>
        skill.preflight
          ? await skill.preflight(
              targets.get(use.target)!,
              things,
              use.params,
              skillContext({ ...context, signal }, id),
            )
          : [],
      );
    } catch (error) {
      if (context.signal.aborted) throw error;
      findings = [{ level: "error", code: "note", message: `preflight failed: ${describeError(error)}` }];
    }
    for (const finding of findings) {
      const key = `${use.target} ${use.skill} ${finding.level} ${finding.message}`;
      if (seen.has(key)) continue;
      seen.add(key);
      found.push({ ...finding, skill: use.skill });
    }
  }
  return found;
}

export function planCost(faults: readonly Pick<PlannedFault, "use" | "things">[]): BlastCost {
  const things = faults.flatMap((fault) => fault.things.map((thing) => ({ ...thing, target: fault.use.target })));
  const hosts = new Set(things.flatMap(({ host, target }) => (host === undefined ? [] : [`${target} ${host}`])));
  return { ...totalCost(things.map(({ cost }) => cost)), ...(hosts.size > 0 && { hosts: hosts.size }) };
}

function overBlastRadius(allowed: BlastCost | undefined, asked: BlastCost): FoundProblem[] {
  if (!allowed) return [];
  return blastUnits.flatMap((unit) => {
    const [most, wanted] = [allowed[unit], asked[unit]];
    if (most === undefined || wanted === undefined || wanted <= most) return [];
    const message = `the plan asks for ${wanted} ${unit}, the blast_radius allows ${most}`;
    return [
      {
        level: "error",
        code: "blast-radius-exceeded",
        message,
        remedy: "ask for less, or raise blast_radius",
      } as const,
    ];
  });
}

/** The plan as events, reports and approvals show it. */
export function describePlan(faults: readonly PlannedFault[]): PlannedFaultView[] {
  return faults.map(({ id, use, skill, things }) => ({
    fault: id,
    skill: use.skill,
    target: use.target,
    reversal: skill.reversal,
    seen: skill.seen,
    ...(use.at === undefined ? {} : { at: use.at }),
    ...(use.duration === undefined ? {} : { duration: use.duration }),
    params: use.params,
    things: things.map((thing) => ({
      key: thing.key,
      label: thing.label,
      undoLabel: thing.undoLabel,
      reversal: thing.reversal ?? skill.reversal,
      cost: thing.cost,
    })),
  }));
}
