import type { Event, EventOf, EventType, ProbeAnswer } from "@chaos-agents/core";
import { BoundedLabel } from "./bounded-label.ts";
import type { Instruments } from "./instruments.ts";
import type { RunTally } from "./run-tally.ts";

type Role = EventOf<"probe-answered">["role"];
type Handlers = { [Type in EventType]?: (event: EventOf<Type>, tally: RunTally) => void };

/** A clock that was set back makes no negative lengths, and a number past all reason none that cannot be added up. */
const seconds = (ms: number) => Math.min(Math.max(0, ms), Number.MAX_SAFE_INTEGER) / 1_000;

/** How each event changes the metrics, after it was seen for the first time. */
export function eventHandlers(count: Instruments): (event: Event, tally: RunTally) => void {
  const probes = new BoundedLabel(200);
  const guards = new BoundedLabel(200);
  const skills = new BoundedLabel(300);
  const kinds = new BoundedLabel(30);

  const answered = (answer: ProbeAnswer, role: Role) => {
    const labels = { probe: probes.of(answer.probe), role };
    count.answers.inc({ ...labels, ok: String(answer.ok) });
    if (answer.latencyMs !== null) count.latency.observe(labels, seconds(answer.latencyMs));
  };
  const reached = (tally: RunTally, id: string, state: string) => {
    const fault = tally.fault(id);
    if (fault.states.has(state)) return;
    fault.states.add(state);
    count.faults.inc({ skill: skills.of(fault.skill), target_kind: kinds.of(fault.kind), state });
  };
  const skillOf = (tally: RunTally, fault: string) => skills.of(tally.fault(fault).skill);
  const leavePhase = (tally: RunTally, at: number) => {
    const { phase } = tally;
    if (phase) count.phaseLength.observe({ phase: phase.phase }, seconds(at - phase.since));
    tally.phase = null;
  };

  const handlers: Handlers = {
    "run-started"(event, tally) {
      count.started.inc();
      for (const { probe, role } of event.probes) if (role === "guard") tally.guards.add(probe);
    },
    "recovery-started"(_, tally) {
      tally.recovering = true;
      // when the run was cut off nobody knows, so neither how long its last phase was
      tally.phase = null;
    },
    "phase-started"({ phase, at }, tally) {
      leavePhase(tally, at);
      tally.phase = { phase, since: at };
    },
    "target-discovered"({ target, kind }, tally) {
      tally.kinds.set(target, kind);
    },
    planned(event, tally) {
      for (const { fault: id, skill, target, reversal, things } of event.faults) {
        const fault = tally.fault(id);
        Object.assign(fault, { skill, kind: tally.kinds.get(target) ?? fault.kind, worth: reversal });
        for (const thing of things) {
          if (thing.reversal !== reversal) fault.things.set(thing.key, thing.reversal);
        }
      }
    },
    "steady-state-checked"({ when, answers }, tally) {
      // the bad ones during the faults were told one by one
      if (when === "during") return;
      for (const answer of answers) answered(answer, tally.guards.has(answer.probe) ? "guard" : "steady-state");
    },
    "probe-answered"(event) {
      answered(event, event.role);
    },
    "fault-started"({ fault: id, skill, target }, tally) {
      const fault = tally.fault(id);
      Object.assign(fault, { skill, kind: tally.kinds.get(target) ?? fault.kind });
      reached(tally, id, "started");
    },
    "fault-injected"({ fault }, tally) {
      reached(tally, fault, "injected");
    },
    "fault-failed"({ fault }, tally) {
      reached(tally, fault, "failed");
    },
    "fault-lost"({ fault }, tally) {
      reached(tally, fault, "lost");
    },
    "fault-witnessed"({ fault, landed }, tally) {
      count.witnessed.inc({ skill: skillOf(tally, fault), landed: String(landed) });
    },
    "guard-tripped"({ guard }) {
      count.guardTrips.inc({ guard: guards.of(guard) });
    },
    "stop-requested"({ by }) {
      count.stops.inc({ by });
    },
    "undo-recorded"({ undo, revision }, tally) {
      if (revision === 0) tally.opened(undo);
    },
    "undo-finished"({ fault: id, thing, undo, outcome, ms }, tally) {
      const fault = tally.fault(id);
      const worth = fault.things.get(thing) ?? fault.worth ?? "unrated";
      count.undos.inc({ skill: skills.of(fault.skill), outcome, worth });
      count.undoLength.observe({ outcome }, seconds(ms));
      if (outcome !== "failed") tally.settled(undo);
    },
    verified({ fault, residues }, tally) {
      const skill = skillOf(tally, fault);
      count.verified.inc({ skill, clean: String(residues.length === 0) });
      count.residues.inc({ skill }, residues.length);
    },
    recovered({ ms }) {
      if (ms === null) count.notSteadyAgain.inc();
      else count.steadyAgain.observe(seconds(ms));
    },
    "run-finished"({ verdict, left, at }, tally) {
      leavePhase(tally, at);
      (tally.recovering ? count.recoveries : count.finished).inc({ verdict });
      count.verdictAt.set({ verdict }, seconds(at));
      tally.verdict = verdict;
      if (left.length === 0) tally.allSettled();
    },
  };

  return (event, tally) => {
    tally.live = event.type !== "run-finished";
    (handlers[event.type] as ((event: Event, tally: RunTally) => void) | undefined)?.(event, tally);
    if (event.type === "run-finished") tally.recovering = false;
  };
}
