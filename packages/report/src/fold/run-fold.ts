import type { Event } from "@chaos-agents/core";
import type { LogLine, RunReport, RunState } from "../report.ts";
import { describeEvent } from "./describe-event.ts";
import { faultHandlers } from "./fault-handlers.ts";
import { type EventHandlers, Folding } from "./folding.ts";
import { measureHandlers } from "./measure-handlers.ts";
import { runHandlers } from "./run-handlers.ts";
import { completeReport } from "./complete-report.ts";

const handlers: EventHandlers = { ...runHandlers, ...faultHandlers, ...measureHandlers };

/** A run's report, event by event. Takes any valid events in any order and never throws: a journal may end anywhere. */
export class RunFold {
  readonly #folding = new Folding();

  /** Returns the event in words, as it stands after everything before it. */
  add(event: Event): LogLine {
    this.#folding.enter(event);
    (handlers[event.type] as (folding: Folding, event: Event) => void)(this.#folding, event);
    const line = describeEvent(event, this.#folding);
    if (!line.minor) this.state.log.push(line);
    return line;
  }

  /** The state itself, which goes on changing: for views that look often. */
  get state(): Readonly<RunState> & { log: LogLine[] } {
    return this.#folding.state;
  }

  /** A copy of its own, with everything worked out. */
  get report(): RunReport {
    return completeReport(structuredClone(this.#folding.state));
  }
}

/** The report of a run, or of as much of it as there is. */
export function foldRun(events: Iterable<Event>): RunReport {
  const fold = new RunFold();
  for (const event of events) fold.add(event);
  return fold.report;
}
