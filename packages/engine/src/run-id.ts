import { randomBytes } from "node:crypto";

/** Sorts by time, is unique without asking anybody, and fits into a session's name: `20261122-101500-k3f9a2`. */
export function newRunId(now: number): string {
  const time = new Date(now).toISOString().replace(/[-:]/g, "").replace("T", "-").slice(0, 15);
  return `${time}-${randomBytes(3).toString("hex")}`;
}
