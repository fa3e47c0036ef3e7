/** What a run goes through, in its order; `recover` only where its own process could not end it. */
export const phases = [
  "discover",
  "plan",
  "preflight",
  "steady-state",
  "inject",
  "observe",
  "undo",
  "verify",
  "recover",
] as const;
export type Phase = (typeof phases)[number];
