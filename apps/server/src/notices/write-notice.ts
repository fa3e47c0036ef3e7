import {
  counted,
  type Event,
  type EventType,
  formatDuration,
  type UndoOutcome,
  type Verdict,
} from "@chaos-agents/core";
import { shownVerdict } from "@chaos-agents/report";
import type { Notice, Severity } from "./notice.ts";
import { isIncomplete, type RunMemory } from "./run-memory.ts";

export interface NoticeSource {
  run: string;
  experiment: string;
  file: string | null;
  host: string;
  publicUrl: string | null;
}

/** What stands in the notice; the rest of it is the same for all. */
type Words = Pick<Notice, "kind" | "severity" | "title" | "text"> & Partial<Notice>;

/** Events that are told, or that have to be remembered for what is told later. */
export const noticed: ReadonlySet<EventType> = new Set<EventType>([
  "run-started",
  "fault-started",
  "fault-injected",
  "fault-undone",
  "recovery-started",
  "run-finished",
]);

const severities = { good: "success", plain: "info", warn: "warning", bad: "critical" } as const;
const listed = 20;
/** A clock may say anything; this can be written as a date. */
const dateOf = (at: number) => Math.round(Math.min(Math.max(0, at), 8.64e15));

const undoWords: Record<UndoOutcome, { word: string; severity: Severity }> = {
  undone: { word: "Undone", severity: "success" },
  already: { word: "Already as it was", severity: "success" },
  conflict: { word: "Changed by others meanwhile, and kept", severity: "warning" },
  failed: { word: "Not undone", severity: "warning" },
};

/** What others are told of an event, if anything, by what was known before it. */
export function writeNotice(event: Event, memory: RunMemory, source: NoticeSource): Notice | null {
  const words = wordsOf(event, memory, source);
  return words && complete(words, { id: `${source.run}/${event.seq}`, at: event.at, source });
}

/** What others are told of a run whose process died; `pending` changes of it are not put back. */
export function writeCutOff(pending: number, at: number, memory: RunMemory, source: NoticeSource): Notice {
  const retry = `chaos recover ${source.run}`;
  const words: Words = {
    kind: "cut-off",
    severity: pending > 0 ? "critical" : "warning",
    title: `Cut off: ${source.experiment}`,
    text:
      pending > 0
        ? `The run's process is gone, and ${counted(pending, "change")} of it ${pending === 1 ? "is" : "are"} not put back.\n${retry}`
        : "The run's process is gone. It left nothing to put back.",
    since: memory.startedAt,
    leftCount: pending,
    retry: pending > 0 ? retry : null,
  };
  return complete(words, { id: `${source.run}/${memory.seq}/cut-off`, at, source });
}

function complete(words: Words, { id, at, source }: { id: string; at: number; source: NoticeSource }): Notice {
  const { publicUrl, ...about } = source;
  return {
    id,
    at: dateOf(at),
    ...about,
    link: publicUrl === null ? null : `${publicUrl}/runs/${encodeURIComponent(source.run)}`,
    fault: null,
    verdict: null,
    left: [],
    leftCount: 0,
    retry: null,
    resolves: false,
    ...words,
    since: words.since == null ? null : dateOf(words.since),
  };
}

function wordsOf(event: Event, memory: RunMemory, { experiment }: NoticeSource): Words | null {
  switch (event.type) {
    case "run-started": {
      const facts = [
        `Faults stay for ${formatDuration(event.durationMs)}.`,
        event.hypothesis && `Hypothesis: ${event.hypothesis}`,
        event.owner && `Owner: ${event.owner}`,
        event.ticket && `Ticket: ${event.ticket}`,
      ];
      const text = facts.filter(Boolean).join("\n");
      return { kind: "run-started", severity: "info", title: `Started: ${experiment}`, text };
    }
    case "fault-injected": {
      const fault = faultOf(memory, event.fault);
      const title = `Fault stands: ${nameOf(fault)} (${experiment})`;
      return { kind: "fault-injected", severity: "warning", title, text: "", fault };
    }
    case "fault-undone": {
      const { word, severity } = undoWords[event.outcome];
      const fault = faultOf(memory, event.fault);
      const title = `${word}: ${nameOf(fault)} (${experiment})`;
      return { kind: "fault-undone", severity, title, text: "", fault, since: fault?.injectedAt ?? null };
    }
    case "recovery-started":
      return { kind: "recovery-started", severity: "info", title: `Recovery started: ${experiment}`, text: "" };
    case "run-finished": {
      const { verdict, reason, remedy, left, retry } = event;
      const { title, severity } = endOf(verdict, memory);
      const rows = left.slice(0, listed).map(({ label, why }) => `- ${label}: ${why}`);
      if (left.length > listed) rows.push(`- and ${left.length - listed} more`);
      return {
        kind: "run-ended",
        severity,
        title: `${title}: ${experiment}`,
        text: [reason, remedy, ...rows, retry].filter((line) => line).join("\n"),
        since: memory.startedAt,
        verdict,
        left: left.slice(0, listed),
        leftCount: left.length,
        retry: retry ?? null,
        resolves: memory.critical && !isIncomplete(event),
      };
    }
    default:
      return null;
  }
}

function endOf(verdict: Verdict, { recovering }: RunMemory): { title: string; severity: Severity } {
  if (recovering && verdict !== "rollback-incomplete") return { title: "Put back", severity: "success" };
  const { title, tone } = shownVerdict(verdict);
  return { title, severity: severities[tone] };
}

const faultOf = ({ faults }: RunMemory, id: string) => faults.find(([fault]) => fault === id)?.[1] ?? null;

const nameOf = (fault: { skill: string; target: string } | null) =>
  fault === null ? "a fault" : fault.target === "" ? fault.skill : `${fault.skill} on ${fault.target}`;
