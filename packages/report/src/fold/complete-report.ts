import type {
  FaultReport,
  Landing,
  PerWindow,
  ProbeSeries,
  ProbeStats,
  RunReport,
  RunState,
  UndoReport,
} from "../report.ts";
import { exitCodeOf } from "../verdict.ts";
import { countFaults, countUndos, errorsOf, worstP95Of } from "./figures.ts";
import { perWindow, spreadOf } from "./spread.ts";
import { summarise } from "./summarise.ts";

/** Works out what follows from the events but stands in none of them. */
export function completeReport(state: RunState): RunReport {
  const disturbed = disturbedWindow(state);
  const faults = state.faults.map((fault) => ({ ...fault, landing: landingOf(fault) }));
  const probes = state.probes.map((probe) => ({ ...probe, stats: probeStats(probe, state, disturbed) }));
  const sources = state.sources.map((source) => ({
    ...source,
    columns: source.columns.map((column) => ({
      ...column,
      stats: perWindow(column.values, (_, index) => source.t[index]!, disturbed, spreadOf),
    })),
  }));
  const report: RunReport = {
    ...state,
    ...(state.verdict === null && state.run !== null ? unfinished(state, state.run) : {}),
    exitCode: exitCodeOf(state),
    summary: "",
    faults,
    disturbed,
    probes,
    sources,
    figures: {
      faults: countFaults(faults),
      undos: countUndos(state.undos),
      recoveryMs: state.recovery?.ms ?? null,
      worstP95: worstP95Of(sources, probes),
      errors: errorsOf(sources, disturbed),
    },
  };
  return { ...report, summary: summarise(report) };
}

/** Where a probe was only asked for the verdict, as before the faults, those answers are all there is. */
function probeStats(
  { probe, role, points }: ProbeSeries,
  { checks }: RunState,
  disturbed: RunReport["disturbed"],
): PerWindow<ProbeStats> {
  type Answer = { value: number | string | null; latencyMs: number | null; ok: boolean };
  const windows = perWindow<ProbeSeries["points"][number], Answer[]>(
    points,
    (point) => point.t,
    disturbed,
    (all) => all,
  );
  const statsOf = (when: keyof typeof windows): ProbeStats => {
    const judged = role === "guard" || when === "during" ? [] : checks.filter((check) => check.when === when);
    const asked = judged.flatMap((check) => check.answers.filter((answer) => answer.probe === probe));
    const answers = windows[when].length > 0 ? windows[when] : asked;
    return {
      asked: answers.length,
      failed: answers.filter((answer) => !answer.ok).length,
      latencyMs: spreadOf(answers.map((answer) => answer.latencyMs)),
      value: spreadOf(answers.map((answer) => (typeof answer.value === "number" ? answer.value : null))),
    };
  };
  return { before: statsOf("before"), during: statsOf("during"), after: statsOf("after") };
}

/** A run that never said how it ended: what it wrote down and did not see undone is still there. */
function unfinished(state: RunState, run: string): Pick<RunState, "reason" | "left" | "retry"> {
  const open = state.undos.filter((undo) => undo.outcome === null || undo.outcome === "failed");
  return {
    reason: `unfinished: run \`chaos recover ${run}\``,
    left: open.map(({ fault, undo, thing, label, detail }) => {
      return { fault, undo, thing, label, why: detail ?? "the run ended before it was undone" };
    }),
    retry: `chaos recover ${run}`,
  };
}

function disturbedWindow({ faults, undos }: RunState): RunReport["disturbed"] {
  const starts = faults.map((fault) => fault.startedAt).filter((t) => t !== null);
  if (starts.length === 0) return { from: null, until: null };
  const standing = faults.some((fault) => ["injecting", "active", "undoing"].includes(fault.state));
  const ends = [...undos.map((undo) => undo.endedAt), ...faults.map((fault) => fault.undoneAt)].filter(
    (t) => t !== null,
  );
  const open = standing || ends.length === 0 || undos.some((undo: UndoReport) => undo.endedAt === null);
  return { from: lowest(starts), until: open ? null : highest(ends) };
}

/** It landed once every one of its things was seen, and nothing went wrong; null while nobody can tell. */
function landingOf({ things, errors }: FaultReport): Landing | null {
  if (things.some((thing) => thing.witness?.landed === false)) return "not-landed";
  const worst = errors.find((error) => error.kind === "failed") ?? errors[0];
  if (worst) return worst.kind === "failed" ? "not-landed" : "lost";
  return things.length > 0 && things.every((thing) => thing.witness !== null) ? "landed" : null;
}

const lowest = (values: readonly number[]) => values.reduce((low, value) => Math.min(low, value));
const highest = (values: readonly number[]) => values.reduce((high, value) => Math.max(high, value));
