import { perWindow, spreadOf } from "./spread.ts";
import type { Figures, Landing, RunReport, Spread, UndoReport } from "../report.ts";

export function countFaults(faults: RunReport["faults"]): Figures["faults"] {
  const count = (landing: Landing | null) => faults.filter((fault) => fault.landing === landing).length;
  return {
    planned: faults.length,
    landed: count("landed"),
    notLanded: count("not-landed"),
    lost: count("lost"),
    unknown: faults.filter((fault) => fault.landing === null && fault.startedAt !== null).length,
    neverStarted: faults.filter((fault) => fault.landing === null && fault.startedAt === null).length,
  };
}

export function countUndos(undos: readonly UndoReport[]): Figures["undos"] {
  const counts = {
    total: undos.length,
    exact: 0,
    compensated: 0,
    recoversByItself: 0,
    unrated: 0,
    conflict: 0,
    failed: 0,
    pending: 0,
  };
  for (const { outcome, worth } of undos) {
    if (outcome === null) counts.pending += 1;
    else if (outcome === "conflict" || outcome === "failed") counts[outcome] += 1;
    else if (worth === null) counts.unrated += 1;
    else counts[worth === "recovers-by-itself" ? "recoversByItself" : worth] += 1;
  }
  return counts;
}

export const isErrorColumn = (name: string) => /err|fail|refus|reject|timeout|lost|no.?connection/i.test(name);
const isRate = (unit: string | null) => unit !== null && /\/|per|%/.test(unit);

export function worstP95Of(sources: RunReport["sources"], probes: RunReport["probes"]): Figures["worstP95"] {
  for (const { source, columns } of sources) {
    const column = columns.find(({ name, unit }) => /p95/i.test(name) && unit === "ms");
    if (column) return { of: source, before: column.stats.before.max, during: column.stats.during.max };
  }
  const steady = probes.filter((probe) => probe.role === "steady-state" && probe.points.length > 0);
  const [worst] = steady.sort((a, b) => (p95(b) ?? -1) - (p95(a) ?? -1));
  return worst ? { of: worst.probe, before: worst.stats.before.latencyMs.p95, during: p95(worst) } : null;
}

const p95 = (probe: RunReport["probes"][number]) => probe.stats.during.latencyMs.p95;

/** The column named `errors` where there is one, else all that count failures of one unit, added up moment by moment. */
export function errorsOf(sources: RunReport["sources"], disturbed: RunReport["disturbed"]): Figures["errors"] {
  for (const { source, t, columns } of sources) {
    const failing = columns.filter(({ name }) => isErrorColumn(name));
    const total = failing.find(({ name }) => /^errors?$/i.test(name));
    const [first] = failing;
    if (!first) continue;
    const { unit } = total ?? first;
    const counted = total ? [total] : failing.filter((column) => column.unit === unit);
    const sums = t.map((_, index) => sumOf(counted.map(({ values }) => values[index] ?? null)));
    const { before, during } = perWindow(sums, (_, index) => t[index]!, disturbed, spreadOf);
    const rate = isRate(unit);
    const figure = (spread: Spread) => (rate ? spread.max : spread.sum);
    const of = counted.length === 1 ? `${source} ${counted[0]!.name}` : `${source}, ${counted.length} kinds`;
    return { of, unit, rate, before: figure(before), during: figure(during) };
  }
  return null;
}

const sumOf = (values: readonly (number | null)[]) =>
  values.reduce<number | null>((sum, value) => (value === null ? sum : (sum ?? 0) + value), null);
