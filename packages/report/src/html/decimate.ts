/** Up to this many steps across a chart; each shows the lowest and the highest of what it stands for. */
export const chartSteps = 360;

/** Which moments are drawn together, left to right. With few moments each stands for itself. */
export function stepsOf(x: readonly number[], limit = chartSteps): number[][] {
  const order = x.map((_, index) => index).sort((a, b) => x[a]! - x[b]!);
  if (order.length <= 2 * limit) return order.map((index) => [index]);
  const steps = new Map<number, number[]>();
  for (const index of order) {
    const step = Math.min(limit - 1, Math.floor((x[index]! / 100) * limit));
    const members = steps.get(step);
    if (members) members.push(index);
    else steps.set(step, [index]);
  }
  return [...steps.values()];
}

export interface Extremes {
  /** The moments of the lowest and the highest, in the order they came; one when they are the same, none when nothing was measured. */
  at: number[];
  low: number | null;
  high: number | null;
}

export function extremesOf(values: readonly (number | null)[], members: readonly number[]): Extremes {
  let low: number | undefined;
  let high: number | undefined;
  for (const index of members) {
    const value = values[index] ?? null;
    if (value === null) continue;
    if (low === undefined || value < values[low]!) low = index;
    if (high === undefined || value > values[high]!) high = index;
  }
  if (low === undefined || high === undefined) return { at: [], low: null, high: null };
  const at = low === high ? [low] : members.indexOf(low) < members.indexOf(high) ? [low, high] : [high, low];
  return { at, low: values[low]!, high: values[high]! };
}
