import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { ChaosError, type Clock, describeError } from "@chaos-agents/core";
import { type JournalStore, newRunId } from "@chaos-agents/engine";
import { exitCodes } from "@chaos-agents/report";
import type { Job } from "../api/shapes.ts";
import { JobFiles } from "./job-files.ts";
import { JobTable, type StoredJob } from "./job-table.ts";

export interface JobOrder {
  kind: Job["kind"];
  title: string;
  file: string | null;
  by: string;
  /** Words of the command line after `chaos`; what they read as `-` is `text`. */
  words: readonly string[];
  text: string;
  run: string | null;
  after?: string | null;
}

export interface DeskOptions {
  /** Where jobs are kept. */
  folder: string;
  /** How the command line is started: program and its first words. */
  command: readonly string[];
  store: JournalStore;
  clock: Clock;
  /** How many that break or mend something go on beside each other. */
  atOnce: number;
  /** Waited for before a run's job is said to have ended. */
  ended: (run: string) => Promise<void>;
  /** Told of every job that is new or has changed. */
  changed: (job: Job) => void;
}

/** How many that only look go on beside each other. */
const looksAtOnce = 2;
const lookKinds: ReadonlySet<Job["kind"]> = new Set(["dry-run", "discover", "doctor"]);
/** To find it is what doctor is for. */
const somethingLeft = exitCodes["rollback-incomplete"];
const keptMs = 7 * 86_400_000;

/**
 * Long work, one process each: the command line itself, so that a run has no other life here than in a terminal. A job
 * outlives us, queued or running; the next room takes up what this one leaves.
 */
export class JobDesk implements AsyncDisposable {
  readonly files: JobFiles;
  readonly #table: JobTable;
  readonly #options: DeskOptions;
  /** Those that go on, with their process where it is ours. */
  readonly #running = new Map<string, ChildProcess | null>();
  readonly #over = new AbortController();
  readonly #gone = new AbortController();
  readonly #waits = new Set<Promise<void>>();

  constructor(options: DeskOptions) {
    mkdirSync(options.folder, { recursive: true, mode: 0o700 });
    this.#options = options;
    this.#table = new JobTable(options.folder);
    this.files = new JobFiles(options.folder);
  }

  /** Takes up what an earlier room left, then what waits. */
  async begin(): Promise<void> {
    for (const id of this.#table.forget(this.#options.clock.now() - keptMs)) await this.files.forget(id);
    for (const job of this.#table.open().filter(({ state }) => state === "running")) {
      const there = await this.#summaryOf(job);
      if (there && (there.live || job.kind === "run")) this.#watch(job);
      // it had not begun, or may be done again
      else this.#change({ ...job, state: "queued", startedAt: null });
    }
    this.#pump();
  }

  get(id: string): Job {
    return shown(this.#known(id));
  }

  /** The job that is to make this run, and has not ended. Throws `unknown-run` where there is none. */
  making(run: string): Job {
    const job = this.#table.open().find((one) => one.kind === "run" && one.run === run);
    if (job) return shown(job);
    throw new ChaosError("unknown-run", `there is no run ${run}`, { remedy: "GET /api/v1/runs lists those there are" });
  }

  list(limit: number, state?: Job["state"]): Job[] {
    return this.#table.newest(limit, state).map(shown);
  }

  /** Not yet ended, oldest first. */
  open(): Job[] {
    return this.#table.open().map(shown);
  }

  counts(): { queued: number; running: number } {
    const open = this.#table.open();
    const running = open.filter(({ state }) => state === "running").length;
    return { queued: open.length - running, running };
  }

  /** On disk, all or none, when it resolves. */
  async submit(orders: readonly JobOrder[]): Promise<Job[]> {
    const { clock } = this.#options;
    const jobs: StoredJob[] = [];
    for (const { text, after = null, ...order } of orders) {
      const id = newRunId(clock.now());
      jobs.push({
        ...order,
        id,
        // each waits for the one before it
        after: after ?? (order.kind === "run" ? (jobs.at(-1)?.id ?? null) : null),
        state: "queued",
        queuedAt: clock.now(),
        startedAt: null,
        endedAt: null,
        exitCode: null,
        error: null,
      });
      await this.files.writeInput(id, text);
    }
    this.#table.add(jobs);
    for (const job of jobs) this.#options.changed(shown(job));
    this.#pump();
    return jobs.map(shown);
  }

  /** One that waits never starts; one that goes on is asked to end, and undoes what it did. */
  async cancel(id: string, order: { by: string; reason: string }): Promise<Job> {
    const job = this.#known(id);
    if (job.state === "queued") {
      await this.#end(job, "cancelled", { exitCode: null, error: `${order.by}: ${order.reason}` });
      this.#pump();
      return this.get(id);
    }
    if (job.state === "running") {
      const summary = job.run === null ? undefined : await this.#summaryOf(job);
      if (job.kind === "run" && summary?.live) {
        await this.#options.store.leverOf(job.run!).halt({ at: this.#options.clock.now(), ...order });
      } else this.#running.get(id)?.kill("SIGTERM");
    }
    return this.get(id);
  }

  /** Starts nothing more, asks what goes on to undo and end, and waits until it has. */
  async close(by: string): Promise<void> {
    this.#over.abort();
    const order = { by, reason: "the control room is closed" };
    await Promise.all([...this.#running.keys()].map((id) => this.cancel(id, order).catch(() => undefined)));
    await Promise.all(this.#waits);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.abort();
    this.#gone.abort();
    for (const child of this.#running.values()) child?.unref();
    this.#table[Symbol.dispose]();
  }

  #known(id: string): StoredJob {
    const job = this.#table.get(id);
    if (job) return job;
    throw new ChaosError("not-found", `there is no job ${id}`, { remedy: "ended jobs are kept for a week" });
  }

  /** Starts what may start now. */
  #pump(): void {
    if (this.#over.signal.aborted) return;
    const open = this.#table.open();
    const busy = (looks: boolean) =>
      open.filter((job) => job.state === "running" && lookKinds.has(job.kind) === looks).length;
    const free = { true: looksAtOnce - busy(true), false: this.#options.atOnce - busy(false) };
    for (const job of open) {
      if (job.state !== "queued") continue;
      const before = job.after === null ? undefined : this.#table.get(job.after);
      if (before?.state === "queued" || before?.state === "running") continue;
      if (before && !goesOn(before)) {
        const error = `not started after ${before.title}: it ended with ${before.exitCode ?? before.state}`;
        // what waits for this one is looked at then
        void this.#end(job, "cancelled", { exitCode: null, error }).then(() => this.#pump());
        continue;
      }
      const lane = lookKinds.has(job.kind) ? "true" : "false";
      if (free[lane] <= 0) continue;
      free[lane]--;
      this.#start(job);
    }
  }

  #start(queued: StoredJob): void {
    const job: StoredJob = { ...queued, state: "running", startedAt: this.#options.clock.now() };
    this.#change(job);
    this.#running.set(job.id, null);
    this.#track(this.#spawned(job));
  }

  async #spawned(job: StoredJob): Promise<void> {
    try {
      await using files = await this.files.openAll(job.id);
      const [program, ...words] = this.#options.command;
      const child = spawn(program!, [...words, ...job.words], { detached: true, stdio: [...files.descriptors] });
      this.#running.set(job.id, child);
      const code = await new Promise<number>((resolve, reject) => {
        child.once("error", reject);
        child.once("exit", (exit) => resolve(exit ?? 1));
      });
      // an earlier start of the same may live on: then that is the one to watch
      if ((await this.#summaryOf(job))?.live) return this.#watch(job);
      await this.#settle(job, code);
    } catch (error) {
      await this.#end(job, "failed", { exitCode: 1, error: describeError(error) });
    }
  }

  /** Follows a run that the process of an earlier room works on. */
  #watch(job: StoredJob): void {
    this.#running.set(job.id, null);
    const { signal } = this.#gone;
    const untilEnded = async () => {
      while ((await this.#summaryOf(job))?.live) await this.#options.clock.sleep(250, signal);
      await this.#settle(job, 1);
    };
    this.#track(
      untilEnded().catch((error: unknown) => {
        if (!signal.aborted) throw error;
      }),
    );
  }

  /** Where the journal says how it ended, that is how; `code` is its process's own. */
  async #settle(job: StoredJob, code: number): Promise<void> {
    const ended = await this.#summaryOf(job);
    const exitCode = ended?.verdict && job.kind === "run" ? exitCodes[ended.verdict] : ended?.pending === 0 ? 0 : code;
    const isDone = exitCode === 0 || (job.kind === "doctor" && exitCode === somethingLeft);
    const error = isDone ? null : lastWords(await this.files.errors(job.id));
    await this.#end(job, isDone ? "done" : "failed", { exitCode, error });
    // its process was killed, and what it broke is not whole: nobody should have to ask
    if (job.kind === "run" && ended?.verdict === null && ended.pending > 0) {
      await this.submit([recovery(job.run!, "control room", false)]);
    }
    this.#pump();
  }

  async #end(job: StoredJob, state: Job["state"], end: Pick<Job, "exitCode" | "error">): Promise<void> {
    if (job.run !== null) await this.#options.ended(job.run);
    this.#change({ ...job, ...end, state, endedAt: this.#options.clock.now() });
    this.#running.delete(job.id);
    await this.files.forgetInput(job.id);
  }

  #change(job: StoredJob): void {
    this.#table.put(job);
    this.#options.changed(shown(job));
  }

  async #summaryOf({ run }: StoredJob) {
    return run === null ? undefined : await this.#options.store.summary(run).catch(() => undefined);
  }

  #track(work: Promise<void>): void {
    const wait = work.finally(() => this.#waits.delete(wait));
    this.#waits.add(wait);
  }
}

export const recovery = (run: string, by: string, moved: boolean): JobOrder => ({
  kind: "recover",
  title: run,
  file: null,
  by,
  words: ["recover", run, ...(moved ? ["--moved"] : [])],
  text: "",
  run,
});

/** After these nothing new may be broken: something still is, or somebody wanted an end. */
const goesOn = ({ state, exitCode }: Job) =>
  state !== "cancelled" && exitCode !== 4 && exitCode !== 5 && exitCode !== 130;

const shown = ({ words: _words, ...job }: StoredJob): Job => job;

const lastWords = (text: string) => text.trim().split("\n").slice(-4).join("\n").slice(-2_000) || null;
