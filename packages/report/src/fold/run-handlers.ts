import type { EventOf, Reversal } from "@chaos-agents/core";
import type { EventHandlers } from "./folding.ts";

type RunEvents =
  | "run-started"
  | "phase-started"
  | "target-discovered"
  | "planned"
  | "preflight-finished"
  | "stop-requested"
  | "hurried"
  | "recovered"
  | "recovery-started"
  | "run-finished";

export const runHandlers: Pick<EventHandlers, RunEvents> = {
  "run-started"(folding, event) {
    folding.state.header = {
      experiment: event.experiment,
      version: event.version,
      hypothesis: event.hypothesis ?? null,
      owner: event.owner ?? null,
      ticket: event.ticket ?? null,
      tags: [...event.tags],
      file: event.file ?? null,
      startedAt: event.at,
      endedAt: null,
      plannedMs: event.durationMs,
      seed: event.seed ?? null,
    };
    for (const { probe, kind, role, expect, maxLatencyMs } of event.probes) {
      Object.assign(folding.probe(role, probe), {
        kind,
        expect: expect ?? null,
        maxLatencyMs: maxLatencyMs ?? null,
      });
    }
  },
  "phase-started"(folding, event) {
    folding.startPhase(event.phase);
  },
  "target-discovered"(folding, { target, kind, label, summary }) {
    folding.state.targets.push({ target, kind, label, summary });
  },
  planned(folding, event) {
    folding.state.cost = { ...event.cost };
    for (const view of event.faults) {
      const fault = folding.fault(view.fault);
      fault.skill = view.skill;
      fault.target = view.target;
      fault.reversal = leastWorth(view);
      fault.seen = view.seen;
      fault.planned = { at: view.at ?? null, duration: view.duration ?? null };
      fault.params = view.params === undefined ? null : (JSON.parse(JSON.stringify(view.params) ?? "null") as unknown);
      for (const { key, label, undoLabel, reversal, cost } of view.things) {
        Object.assign(folding.thing(fault, key), { label, undoLabel, reversal, cost: { ...cost } });
      }
    }
  },
  "preflight-finished"(folding, event) {
    folding.state.findings.push(...event.findings.map((finding) => ({ ...finding })));
  },
  "stop-requested"(folding, { by, detail }) {
    folding.state.stops.push({ t: folding.t, by, detail });
  },
  hurried(folding, { detail }) {
    folding.state.hurries.push({ t: folding.t, detail });
  },
  recovered(folding, { ms }) {
    folding.state.recovery = { t: folding.t, ms };
  },
  "recovery-started"(folding, { by }) {
    folding.state.sessions.push({ by, startedAt: folding.t, lastAt: folding.t });
  },
  "run-finished"(folding, event) {
    folding.endPhases();
    const { state } = folding;
    state.header.endedAt = event.at;
    state.verdict = event.verdict;
    state.reason = event.reason;
    state.remedy = event.remedy ?? null;
    state.left = event.left.map((left) => ({ ...left }));
    state.retry = event.retry ?? null;
  },
};

const worstLast: readonly Reversal[] = ["exact", "compensated", "recovers-by-itself"];

/** A skill tells its best; what is planned for each thing tells what it is worth here. */
function leastWorth({ reversal, things }: EventOf<"planned">["faults"][number]): Reversal {
  return worstLast.findLast((worth) => things.some((thing) => thing.reversal === worth)) ?? reversal;
}
