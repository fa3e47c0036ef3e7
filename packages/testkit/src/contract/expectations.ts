import { setTimeout as delay } from "node:timers/promises";
import { expect } from "vitest";
import { type Oracle, lastingDifferences } from "./oracle.ts";

/** Fails unless the target is what it was. */
export async function expectUnchanged<P>(oracle: Oracle<P>, before: P, when: string): Promise<void> {
  expect(await lastingDifferences(oracle, before), when).toEqual([]);
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
