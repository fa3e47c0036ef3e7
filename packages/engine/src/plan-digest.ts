import { createHash } from "node:crypto";
import type { PlannedFaultView } from "@chaos-agents/core";

/**
 * Stands for what is planned: whoever approved one plan has approved no other skill, params, time or thing. Words and costs
 * are left out: how many connections are free changes by itself. 64 hexadecimal digits.
 */
export function planDigest(faults: readonly PlannedFaultView[]): string {
  const said = faults.map(({ skill, target, at, duration, params, things }) => [
    [skill, target, at ?? null, duration ?? null, sorted(params)],
    things.map(({ key, reversal }) => [key, reversal]),
  ]);
  return createHash("sha256").update(JSON.stringify(said)).digest("hex");
}

/** In whatever order its keys came. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== "object") return value ?? null;
  return Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, one]) => [key, sorted(one)]);
}
