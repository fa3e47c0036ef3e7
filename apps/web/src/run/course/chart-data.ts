import type { ChartFrame, ChartPlan } from "@chaos-agents/report/browser";

/** What a plot draws: percent of the axis, a height for each series, and which moment of the plan each stands for. */
export interface ChartData {
  x: number[];
  columns: (number | null)[][];
  moments: (number | null)[];
}

/** No screen shows more than the lowest and the highest of a step this many times across. */
const steps = 720;

/**
 * The plan's moments from left to right. Where there are many, each step keeps those that reach lowest and highest, of every
 * series. Where the axis leaves out a stretch of time nothing is measured, and no line is drawn.
 */
export function dataOf(plan: ChartPlan, { axis }: Pick<ChartFrame, "axis">, y: (value: number) => number): ChartData {
  const data: ChartData = { x: [], columns: plan.series.map(() => []), moments: [] };
  const { t, series } = plan;
  const add = (x: number, moment: number | null) => {
    data.x.push(x);
    data.moments.push(moment);
    series.forEach(({ values }, at) => {
      const value = moment === null ? null : (values[moment] ?? null);
      data.columns[at]!.push(value === null ? null : y(value));
    });
  };
  const stretchOf = (at: number) => (axis.cuts.length > 0 ? axis.stretchOf(at) : 0);
  const stepAt = (index: number) => Math.floor((axis.x(t[index]!) / 100) * steps);
  for (let from = 0; from < t.length;) {
    const stretch = stretchOf(t[from]!);
    if (from > 0 && stretchOf(t[from - 1]!) !== stretch) add(axis.x(t[from]!), null);
    const step = stepAt(from);
    let until = from + 1;
    while (until < t.length && stepAt(until) === step && stretchOf(t[until]!) === stretch) until++;
    for (const moment of telling(series, from, until)) add(axis.x(t[moment]!), moment);
    from = until;
  }
  return data;
}

/** Where a value has none beside it: no line goes there. */
export function lonely(values: ArrayLike<number | null | undefined>): number[] {
  const found: number[] = [];
  for (let at = 0; at < values.length; at++) {
    if (values[at] != null && values[at - 1] == null && values[at + 1] == null) found.push(at);
  }
  return found;
}

/** Those of a step's moments without which it would look another way. */
function telling(series: ChartPlan["series"], from: number, until: number): number[] {
  if (until - from <= 2) return Array.from({ length: until - from }, (_, index) => from + index);
  const kept = new Set<number>();
  for (const { values } of series) {
    let low = -1;
    let high = -1;
    for (let at = from; at < until; at++) {
      const value = values[at] ?? null;
      if (value === null) continue;
      if (low < 0 || value < values[low]!) low = at;
      if (high < 0 || value > values[high]!) high = at;
    }
    if (low >= 0) kept.add(low).add(high);
    // nobody answered in all of it: the line has a hole there
    else kept.add(from);
  }
  return [...kept].toSorted((a, b) => a - b);
}
