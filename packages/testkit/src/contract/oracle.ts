import { setTimeout as delay } from "node:timers/promises";
import { expect } from "vitest";

/** Sees a target as it is, with none of the product's code. */
export interface Oracle<Photograph> {
  photograph(): Promise<Photograph>;
  /** What is not the same, one line each; empty when nothing is. */
  differences(before: Photograph, after: Photograph): string[];
  /** Milliseconds that the target itself may take to forget our sessions; none when left out. */
  readonly patience?: number;
}

/** Fails unless the target is what it was: at once, or as soon as the target itself has forgotten our sessions. */
export async function expectUnchanged<P>(oracle: Oracle<P>, before: P, when: string): Promise<void> {
  const deadline = performance.now() + (oracle.patience ?? 0);
  let differences = oracle.differences(before, await oracle.photograph());
  while (differences.length > 0 && performance.now() < deadline) {
    await delay(20);
    differences = oracle.differences(before, await oracle.photograph());
  }
  expect(differences, when).toEqual([]);
}

/** Fails unless users feel the fault, or do not: at once, or within the target's own patience. */
export async function expectFelt(
  { oracle, observeEffect }: { oracle: Oracle<any>; observeEffect: () => Promise<boolean> },
  wanted: boolean,
  what: string,
): Promise<void> {
  const deadline = performance.now() + (oracle.patience ?? 0);
  let seen = await observeEffect();
  while (seen !== wanted && performance.now() < deadline) {
    await delay(20);
    seen = await observeEffect();
  }
  expect(seen, what).toBe(wanted);
}
