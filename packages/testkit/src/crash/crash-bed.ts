import { rm } from "node:fs/promises";
import { type Experiment, describeError } from "@chaos-agents/core";
import { openStore } from "@chaos-agents/journal";
import { makeTemporary } from "../contract/temporary.ts";
import { type Oracle, lastingDifferences } from "../contract/oracle.ts";
import type { WireMessage, WireProxy } from "../wire/wire-proxy.ts";
import { CrashChild } from "./crash-child.ts";
import type { CatalogPlace, CrashTask } from "./crash-spec.ts";

/** What is crashed, and who looks. */
export interface CrashSubject<Photograph = any> {
  catalog: CatalogPlace;
  /** Its skill, with a duration that nothing else waits for: the faults stand only until they are seen to. */
  experiment: Experiment;
  oracle: Oracle<Photograph>;
  /** Whether the fault is there now, looked at through a connection of the test's own. */
  landed(): Promise<boolean>;
  /** For targets that are reached over the network: the wire to count and cut. */
  wire?: {
    open(): Promise<WireProxy>;
    through(experiment: Experiment, proxy: WireProxy): Experiment;
    /** Messages that may also come late: when their sender is dead, and all is put back. */
    late?: {
      isOne: (message: Pick<WireMessage, "bytes">) => boolean;
      /** Lets one through, and returns when the target has done with it. */
      deliver(letThrough: () => void): Promise<void>;
    };
    /** What the wire is made of, to pull. */
    link?: { cut(): Promise<void>; mend(): Promise<void> };
  };
  /** Nobody recovers: the target puts itself right, within the oracle's patience. */
  healsItself?: true;
  /** Puts there what a fault takes away for good and a run has to find: before every run, and before every look. */
  ready?(): Promise<void>;
  /** Restarts the target; done after some of the kills. */
  restart?(): Promise<void>;
}

/**
 * The kind of write before whose first every fault stands, and nothing of it has been let go. By number it could not be told:
 * a run tells of its progress by the clock.
 */
export const standingWrite = "event phase-started undo";

/** Starts runs and recoveries of one subject in processes of their own. */
export class CrashBed<Photograph> {
  readonly subject: CrashSubject<Photograph>;
  /** The kinds of all writes to the journal, and how long it took, of a run that nobody killed. */
  readonly writes: readonly string[];
  readonly ms: number;
  /** The target before anything was done to it, and as it has to be after every recovery. */
  readonly before: Photograph;

  private constructor(subject: CrashSubject<Photograph>, before: Photograph, writes: readonly string[], ms: number) {
    this.subject = subject;
    this.before = before;
    this.writes = writes;
    this.ms = ms;
  }

  static async make<P>(subject: CrashSubject<P>): Promise<CrashBed<P>> {
    await subject.ready?.();
    const before = await subject.oracle.photograph();
    const unknown = new CrashBed(subject, before, [], 0);
    await using home = await unknown.home();
    await using child = unknown.start({ home: home.path });
    const { writes, left, verdict, reason, ms } = await child.ended();
    if (left.length > 0) throw new Error(`a run that nobody kills leaves something: ${left.join("; ")}`);
    if (verdict !== "passed") throw new Error(`a run that nobody kills ends with ${verdict}: ${reason}`);
    return new CrashBed(subject, before, writes, ms);
  }

  /** A state directory for one run. */
  async home(): Promise<AsyncDisposable & { path: string }> {
    await this.subject.ready?.();
    const path = await makeTemporary("memory");
    return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
  }

  start(task: Pick<CrashTask, "home"> & Partial<CrashTask>, env: Record<string, string> = {}): CrashChild {
    const { catalog, experiment } = this.subject;
    return new CrashChild({ catalog, experiment, ...task }, env);
  }

  /** Holds a run still, looks whether its fault is there, and kills it. */
  async lookAndKill(child: CrashChild): Promise<boolean> {
    await child.freeze();
    const landed = await this.subject.landed();
    await child.kill();
    return landed;
  }

  /** Recovers, in fresh processes, whatever a home still has to recover, then does what is due `later`. Returns what is not as before even so. */
  async residuesAfterRecovery(home: string, later?: AsyncDisposableStack): Promise<string[]> {
    const left = this.subject.healsItself ? await this.#whenHealed() : await this.recoverAll(home);
    await later?.disposeAsync();
    await this.subject.ready?.();
    return [...left, ...(await lastingDifferences(this.subject.oracle, this.before))];
  }

  async #whenHealed(): Promise<[]> {
    await lastingDifferences(this.subject.oracle, this.before);
    return [];
  }

  /** Recovers every run of a home. Returns what the recoveries say is left. */
  async recoverAll(home: string): Promise<string[]> {
    const store = openStore(home);
    const left: string[] = [];
    for (const { run, verdict } of await store.list()) {
      await using child = this.start({ home, recover: run });
      left.push(
        ...(await child.ended().then(
          (ended) => ended.left,
          (error: unknown) => [describeError(error)],
        )),
      );
      const after = await store.summary(run);
      if (after.damaged !== null) left.push(`run ${run} is damaged: ${after.damaged}`);
      if (after.pending > 0) left.push(`run ${run} has ${after.pending} undos pending`);
      if (after.live) left.push(`run ${run} is locked`);
      if (after.verdict === null) left.push(`run ${run}, ${verdict ?? "cut off"} before, has not finished`);
    }
    return left;
  }
}
