import type { EventOf, Verdict } from "@chaos-agents/core";

export type NoticeKind =
  | "run-started"
  | "fault-injected"
  | "fault-undone"
  | "run-ended"
  | "recovery-started"
  | "cut-off";

/** `warning`: it did not go as hoped, but nothing is left. `critical`: something is left to put back. */
export type Severity = "info" | "success" | "warning" | "critical";

/** What others are told of a run: plain data, so that it can wait on disk. Times are milliseconds since the epoch. */
export interface Notice {
  /** The same whenever this is told again: the run, and the number of the event it is about. */
  id: string;
  kind: NoticeKind;
  severity: Severity;
  at: number;
  /** When what now ended had begun, where that is known. */
  since: number | null;
  run: string;
  experiment: string;
  file: string | null;
  /** The machine whose run it is. */
  host: string;
  /** Its page in the control room. */
  link: string | null;
  title: string;
  text: string;
  fault: { skill: string; target: string } | null;
  verdict: Verdict | null;
  /** What could not be put back: the first of it, and how much in all. */
  left: EventOf<"run-finished">["left"];
  leftCount: number;
  /** The command that tries again. */
  retry: string | null;
  /** Nothing is left any more of what an earlier notice of this run called critical. */
  resolves: boolean;
}
