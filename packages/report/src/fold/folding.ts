import type { Event, EventType, UndoOutcome } from "@chaos-agents/core";
import type {
  FaultReport,
  ProbeSeries,
  RunState,
  SampledColumn,
  SampledSource,
  ThingReport,
  UndoReport,
} from "../report.ts";

export type EventHandlers = { [Type in EventType]: (folding: Folding, event: Extract<Event, { type: Type }>) => void };

const worstFirst: UndoOutcome[] = ["failed", "conflict", "undone", "already"];

const empty = (): RunState => ({
  run: null,
  header: {
    experiment: null,
    version: null,
    hypothesis: null,
    owner: null,
    ticket: null,
    tags: [],
    file: null,
    startedAt: null,
    endedAt: null,
    plannedMs: null,
    seed: null,
  },
  verdict: null,
  reason: null,
  remedy: null,
  lastAt: 0,
  phases: [],
  sessions: [],
  targets: [],
  cost: {},
  findings: [],
  faults: [],
  undos: [],
  checks: [],
  probes: [],
  sources: [],
  trips: [],
  stops: [],
  hurries: [],
  recovery: null,
  left: [],
  retry: null,
  log: [],
});

/** The state under construction, and where in it things are: by id, made on first mention, since any prefix may be all there is. */
export class Folding {
  readonly state: RunState = empty();
  /** `t` of the event at hand. */
  t = 0;
  #origin: number | undefined;
  readonly #faults = new Map<string, FaultReport>();
  readonly #things = new Map<FaultReport, Map<string, ThingReport>>();
  readonly #undos = new Map<number, UndoReport>();
  /** How the records of each fault stand, by its id. */
  readonly #tallies = new Map<string, Record<UndoOutcome | "open", number>>();
  readonly #probes = { "steady-state": new Map<string, ProbeSeries>(), guard: new Map<string, ProbeSeries>() };
  readonly #sources = new Map<string, { source: SampledSource; columns: Map<string, SampledColumn> }>();

  enter(event: Event): void {
    const { state } = this;
    if (this.#origin === undefined) {
      this.#origin = event.at;
      state.run = event.run;
      state.header.startedAt = event.at;
    }
    const elapsed = event.at - this.#origin;
    this.t = Math.max(-Number.MAX_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, elapsed));
    if (event.type === "recovery-started") this.#endPhase(state.lastAt);
    else if (state.sessions.length === 0) state.sessions.push({ by: null, startedAt: this.t, lastAt: this.t });
    state.lastAt = this.t;
    const session = state.sessions.at(-1);
    if (session && event.type !== "recovery-started") session.lastAt = this.t;
  }

  startPhase(phase: RunState["phases"][number]["phase"]): void {
    this.#endPhase(this.t);
    this.state.phases.push({ phase, startedAt: this.t, endedAt: null });
  }

  #endPhase(t: number): void {
    const current = this.state.phases.at(-1);
    if (current) current.endedAt ??= t;
  }

  endPhases(): void {
    this.#endPhase(this.t);
  }

  fault(id: string): FaultReport {
    return remembered(this.#faults, id, () => {
      const fault: FaultReport = {
        fault: id,
        skill: null,
        target: null,
        reversal: null,
        seen: null,
        planned: { at: null, duration: null },
        params: null,
        things: [],
        state: "waiting",
        startedAt: null,
        activeFrom: null,
        undoStartedAt: null,
        undoneAt: null,
        outcome: null,
        progress: null,
        notes: [],
        errors: [],
      };
      this.state.faults.push(fault);
      return fault;
    });
  }

  thing(fault: FaultReport, key: string): ThingReport {
    const things = remembered(this.#things, fault, () => new Map<string, ThingReport>());
    return remembered(things, key, () => {
      const thing = { key, label: key, undoLabel: null, reversal: null, cost: {}, witness: null };
      fault.things.push(thing);
      return thing;
    });
  }

  undo(event: { undo: number; fault: string; thing: string; label?: string }): UndoReport {
    const undo = remembered(this.#undos, event.undo, () => {
      const fault = this.fault(event.fault);
      const made: UndoReport = {
        undo: event.undo,
        fault: event.fault,
        thing: event.thing,
        label: event.thing,
        worth: this.#things.get(fault)?.get(event.thing)?.reversal ?? fault.reversal,
        recordedAt: null,
        startedAt: null,
        endedAt: null,
        attempts: 0,
        outcome: null,
        detail: null,
        remains: [],
        ms: null,
        residues: null,
      };
      this.state.undos.push(made);
      const none = { open: 0, undone: 0, already: 0, conflict: 0, failed: 0 };
      remembered(this.#tallies, event.fault, () => none).open += 1;
      return made;
    });
    if (event.label !== undefined) undo.label = event.label;
    return undo;
  }

  /** Ends a record, and with the last of them its fault: a recovery tells of records only. */
  endUndo(undo: UndoReport, outcome: UndoOutcome): void {
    const tally = this.#tallies.get(undo.fault)!;
    tally[undo.outcome ?? "open"] -= 1;
    tally[outcome] += 1;
    undo.outcome = outcome;
    undo.endedAt = this.t;
    if (tally.open === 0)
      this.endFault(
        this.fault(undo.fault),
        worstFirst.find((one) => tally[one] > 0)!,
      );
  }

  endFault(fault: FaultReport, outcome: UndoOutcome): void {
    fault.outcome = outcome;
    fault.undoneAt = this.t;
    fault.state = outcome === "failed" ? "undo-failed" : outcome === "conflict" ? "conflict" : "undone";
  }

  probe(role: ProbeSeries["role"], name: string): ProbeSeries {
    return remembered(this.#probes[role], name, () => {
      const probe = { probe: name, role, kind: null, expect: null, maxLatencyMs: null, points: [], detail: null };
      this.state.probes.push(probe);
      return probe;
    });
  }

  /** Adds one moment to a source; columns it has not, or not yet, told of are null there. */
  sample(name: string, values: Record<string, number | null>, units: Record<string, string>): void {
    const { source, columns } = remembered(this.#sources, name, () => {
      const made: SampledSource = { source: name, t: [], columns: [] };
      this.state.sources.push(made);
      return { source: made, columns: new Map<string, SampledColumn>() };
    });
    for (const key of Object.keys(values)) {
      const column = remembered(columns, key, () => {
        const made: SampledColumn = { name: key, unit: null, values: source.t.map(() => null) };
        source.columns.push(made);
        return made;
      });
      column.values.push(values[key]!);
      if (Object.hasOwn(units, key)) column.unit = units[key]!;
    }
    source.t.push(this.t);
    for (const column of source.columns) if (column.values.length < source.t.length) column.values.push(null);
  }
}

function remembered<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}
