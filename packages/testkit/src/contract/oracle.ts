import { setTimeout as delay } from "node:timers/promises";

/** Sees a target as it is, with none of the product's code. */
export interface Oracle<Photograph> {
  photograph(): Promise<Photograph>;
  /** What is not the same, one line each; empty when nothing is. */
  differences(before: Photograph, after: Photograph): string[];
  /** Milliseconds that the target itself may take to forget our sessions; none when left out. */
  readonly patience?: number;
}

/** What is not as before: at once, or when the target has forgotten our sessions or its patience is over. */
export async function lastingDifferences<P>(oracle: Oracle<P>, before: P): Promise<string[]> {
  const deadline = performance.now() + (oracle.patience ?? 0);
  let differences = oracle.differences(before, await oracle.photograph());
  while (differences.length > 0 && performance.now() < deadline) {
    await delay(20);
    differences = oracle.differences(before, await oracle.photograph());
  }
  return differences;
}
