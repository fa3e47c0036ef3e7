import { createHash } from "node:crypto";
import type { PlannedFaultView } from "@chaos-agents/core";

/** Stands for exactly what is planned: whoever approved one plan has approved no other. 64 hexadecimal digits. */
export function planDigest(faults: readonly PlannedFaultView[]): string {
  const said = faults.map(({ skill, target, at, duration, params, things }) => [
    [skill, target, at ?? null, duration ?? null, sorted(params)],
    things.map(({ key, label, undoLabel, reversal, cost }) => [key, label, undoLabel, reversal, sorted(cost)]),
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
