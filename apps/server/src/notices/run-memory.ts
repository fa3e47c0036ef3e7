import type { Event, EventOf } from "@chaos-agents/core";

/** What has to be known of a run to tell what happens next; kept on disk, because we may be restarted in between. */
export interface RunMemory {
  /** The newest event that was told. */
  seq: number;
  startedAt: number | null;
  faults: [fault: string, { skill: string; target: string; injectedAt: number | null }][];
  recovering: boolean;
  /** That it was cut off has been told. */
  cutOff: boolean;
  /** Something was called critical, and not yet resolved. */
  critical: boolean;
}

export const nothingYet: RunMemory = {
  seq: 0,
  startedAt: null,
  faults: [],
  recovering: false,
  cutOff: false,
  critical: false,
};

/** What a run's memory is after an event. */
export function remember(memory: RunMemory, event: Event): RunMemory {
  const next: RunMemory = { ...memory, seq: event.seq, cutOff: false };
  switch (event.type) {
    case "run-started":
      return { ...next, startedAt: event.at };
    case "fault-started":
      return {
        ...next,
        faults: [...memory.faults, [event.fault, { skill: event.skill, target: event.target, injectedAt: null }]],
      };
    case "fault-injected":
      return {
        ...next,
        faults: memory.faults.map(([id, fault]) => [
          id,
          id === event.fault ? { ...fault, injectedAt: event.at } : fault,
        ]),
      };
    case "recovery-started":
      return { ...next, recovering: true };
    case "run-finished":
      return { ...next, recovering: false, faults: [], critical: isIncomplete(event) };
    default:
      return next;
  }
}

/** Whether a run ended with something that is not put back. */
export const isIncomplete = ({ verdict, left }: Pick<EventOf<"run-finished">, "verdict" | "left">) =>
  verdict === "rollback-incomplete" || left.length > 0;
