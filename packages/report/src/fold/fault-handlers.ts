import type { EventHandlers } from "./folding.ts";

type FaultEvents =
  | "fault-started"
  | "fault-progressed"
  | "fault-noted"
  | "undo-recorded"
  | "fault-injected"
  | "fault-witnessed"
  | "fault-failed"
  | "fault-lost"
  | "undo-started"
  | "undo-finished"
  | "fault-undone"
  | "verified";

export const faultHandlers: Pick<EventHandlers, FaultEvents> = {
  "fault-started"(folding, event) {
    const fault = folding.fault(event.fault);
    fault.skill = event.skill;
    fault.target = event.target;
    fault.state = "injecting";
    fault.startedAt ??= folding.t;
  },
  "fault-progressed"(folding, { fault, thing, done, total, unit }) {
    folding.fault(fault).progress = { thing, done, total, unit };
  },
  "fault-noted"(folding, { fault, thing, message }) {
    folding.fault(fault).notes.push({ t: folding.t, thing, message });
  },
  "undo-recorded"(folding, event) {
    folding.undo(event).recordedAt ??= folding.t;
  },
  "fault-injected"(folding, event) {
    const fault = folding.fault(event.fault);
    fault.activeFrom ??= folding.t;
    if (fault.state === "injecting" || fault.state === "waiting") fault.state = "active";
  },
  "fault-witnessed"(folding, { fault, thing, landed, seen, detail }) {
    folding.thing(folding.fault(fault), thing).witness = { t: folding.t, landed, seen, detail };
  },
  "fault-failed"(folding, event) {
    const fault = folding.fault(event.fault);
    fault.state = "failed";
    const { message, remedy = null, thing = null } = event;
    fault.errors.push({ t: folding.t, kind: "failed", thing, message, remedy });
  },
  "fault-lost"(folding, event) {
    const fault = folding.fault(event.fault);
    fault.state = "lost";
    fault.errors.push({ t: folding.t, kind: "lost", thing: event.thing, message: event.message, remedy: null });
  },
  "undo-started"(folding, event) {
    const undo = folding.undo(event);
    undo.startedAt = folding.t;
    undo.attempts += 1;
    const fault = folding.fault(event.fault);
    fault.undoStartedAt ??= folding.t;
    fault.state = "undoing";
  },
  "undo-finished"(folding, event) {
    const undo = folding.undo(event);
    undo.detail = event.detail;
    undo.remains = [...event.remains];
    undo.ms = event.ms;
    folding.endUndo(undo, event.outcome);
  },
  "fault-undone"(folding, event) {
    const fault = folding.fault(event.fault);
    fault.reversal = event.reversal;
    folding.endFault(fault, event.outcome);
  },
  verified(folding, event) {
    folding.undo(event).residues = [...event.residues];
  },
};
