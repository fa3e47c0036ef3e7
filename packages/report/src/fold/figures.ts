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

export const isErrorColumn = (name: string) => /err|fail|refus|timeout/i.test(name);
export const isRate = (unit: string | null) => unit !== null && /\/|per|%/.test(unit);

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

export function errorsOf(sources: RunReport["sources"]): Figures["errors"] {
  for (const { source, columns } of sources) {
    const column = columns.find(({ name }) => isErrorColumn(name));
    if (!column) continue;
    const rate = isRate(column.unit);
    const figure = (spread: Spread) => (rate ? spread.max : spread.sum);
    const { before, during } = column.stats;
    return { of: `${source} ${column.name}`, unit: column.unit, rate, before: figure(before), during: figure(during) };
  }
  return null;
}
