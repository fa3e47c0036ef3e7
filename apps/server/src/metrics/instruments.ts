import { Counter, Gauge, Histogram, Registry } from "prom-client";

const latencies = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const lengths = [0.1, 0.5, 1, 5, 15, 30, 60, 120, 300, 600, 1_800, 3_600];
const undoings = [0.005, 0.025, 0.1, 0.5, 1, 5, 15, 60, 300];

/** Every metric of ours, by what it counts. Label values are few: no run, host or thing is ever one. */
export class Instruments {
  readonly registry = new Registry();

  readonly build = this.#gauge("chaos_build_info", "Always 1; the version stands in the label", ["version"]);
  readonly jobs = this.#gauge("chaos_jobs", "Jobs of the control room that have not ended", ["state"]);

  readonly started = this.#counter("chaos_runs_started_total", "Runs that began", []);
  readonly finished = this.#counter("chaos_runs_finished_total", "Runs that ended, by verdict", ["verdict"]);
  readonly cutOff = this.#counter("chaos_runs_cut_off_total", "Runs whose process died before their end", []);
  readonly recoveries = this.#counter(
    "chaos_recoveries_finished_total",
    "Recoveries that ended, by the run's verdict",
    ["verdict"],
  );
  readonly live = this.#gauge("chaos_runs_live", "Runs that a process works on, their recoveries included", []);
  readonly incomplete = this.#gauge(
    "chaos_runs_rollback_incomplete",
    "Runs whose newest verdict is rollback-incomplete: no recovery ended well since",
    [],
  );
  readonly verdictAt = this.#gauge("chaos_last_verdict_timestamp_seconds", "When a run last ended with this verdict", [
    "verdict",
  ]);
  readonly stops = this.#counter("chaos_stops_total", "Requests to stop a run early, by whom or what", ["by"]);
  readonly guardTrips = this.#counter("chaos_guard_trips_total", "Guards that stopped a run", ["guard"]);

  readonly phaseRuns = this.#gauge("chaos_phase_runs", "Live runs in this phase", ["phase"]);
  readonly phaseAge = this.#gauge(
    "chaos_phase_age_seconds",
    "How long the live run that is longest in this phase is in it",
    ["phase"],
  );
  readonly phaseLength = this.#histogram("chaos_phase_seconds", "How long phases lasted", ["phase"], lengths);
  readonly steadyAgain = this.#histogram(
    "chaos_steady_again_seconds",
    "From the undo to the steady state, where it came back",
    [],
    lengths,
  );
  readonly notSteadyAgain = this.#counter(
    "chaos_not_steady_again_total",
    "Runs whose steady state did not come back in time",
    [],
  );

  readonly faults = this.#counter("chaos_faults_total", "Faults that got to this state, each once", [
    "skill",
    "target_kind",
    "state",
  ]);
  readonly witnessed = this.#counter(
    "chaos_witnesses_total",
    "Things that a fault was to change, and whether it was seen to",
    ["skill", "landed"],
  );

  readonly undos = this.#counter(
    "chaos_undos_total",
    "Attempts to undo that ended, by outcome and by what the undo is worth",
    ["skill", "outcome", "worth"],
  );
  readonly undoLength = this.#histogram("chaos_undo_seconds", "How long an undo took", ["outcome"], undoings);
  readonly pending = this.#gauge(
    "chaos_undos_pending",
    "Undos written down and not yet ended well, by whether a process works on their run",
    ["live"],
  );
  readonly verified = this.#counter(
    "chaos_verifications_total",
    "Looks at what an undo put back, and whether it is as before",
    ["skill", "clean"],
  );
  readonly residues = this.#counter("chaos_residues_total", "Differences that a look after the undo still found", [
    "skill",
  ]);

  readonly latency = this.#histogram(
    "chaos_probe_latency_seconds",
    "How long a probe took to answer",
    ["probe", "role"],
    latencies,
  );
  readonly answers = this.#counter("chaos_probe_answers_total", "Answers of probes, by whether within tolerance", [
    "probe",
    "role",
    "ok",
  ]);

  #counter<Label extends string>(name: string, help: string, labelNames: Label[]): Counter<Label> {
    return new Counter({ name, help, labelNames, registers: [this.registry] });
  }

  #gauge<Label extends string>(name: string, help: string, labelNames: Label[]): Gauge<Label> {
    return new Gauge({ name, help, labelNames, registers: [this.registry] });
  }

  #histogram<Label extends string>(
    name: string,
    help: string,
    labelNames: Label[],
    buckets: number[],
  ): Histogram<Label> {
    return new Histogram({ name, help, labelNames, buckets, registers: [this.registry] });
  }
}
