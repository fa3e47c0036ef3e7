import { type Agent, type Event, type Experiment, type SkillUse, defineProbe } from "@chaos-agents/core";
import type { RunOutcome, RunRequest } from "@chaos-agents/engine";
import { expect } from "vitest";
import { z } from "zod";
import { HandClock, runOut } from "../contract/hand-clock.ts";
import { expectWellKept, standing } from "../contract/run-checks.ts";
import { Stage, experimentOf } from "../contract/stage.ts";
import { filesAgent } from "./files-agent.ts";
import type { FilesPhotograph } from "./files-oracle.ts";
import { FilesSubject } from "./files-subject.ts";

type Use = Partial<SkillUse> & Pick<SkillUse, "skill">;

/** An experiment on files, on a journal of its own, in a time that the test moves. */
export class FilesStage implements AsyncDisposable {
  readonly files: FilesSubject;
  readonly stage: Stage;
  readonly clock: HandClock;
  /** What the `dial` probe reads, by name; null where there is no answer. */
  readonly dials: Record<string, number | null>;
  readonly #before: FilesPhotograph;

  private constructor(
    files: FilesSubject,
    stage: Stage,
    clock: HandClock,
    dials: FilesStage["dials"],
    before: FilesPhotograph,
  ) {
    this.files = files;
    this.stage = stage;
    this.clock = clock;
    this.dials = dials;
    this.#before = before;
  }

  static async open({ files = 3, agent = filesAgent }: { files?: number; agent?: Agent } = {}): Promise<FilesStage> {
    const subject = await FilesSubject.make(files);
    const dials: FilesStage["dials"] = {};
    const clock = new HandClock();
    const stage = await Stage.open({ agents: [agent], probes: [dialProbe(dials)] }, clock);
    return new FilesStage(subject, stage, clock, dials, await subject.oracle.photograph());
  }

  experiment(skills: Use[], more: Partial<Experiment> = {}): Experiment {
    return experimentOf({
      targets: { main: { kind: "files", config: this.files.config } },
      skills: skills.map((use) => ({ count: 1, target: "main", ...use, ...parsed(use) })),
      duration: 10_000,
      ...more,
    });
  }

  /** Starts a run and waits until its faults stand. */
  async stand(experiment: Experiment, more: Partial<RunRequest> = {}): Promise<{ ended: Promise<RunOutcome> }> {
    const ended = this.stage.run(experiment, more);
    await standing(this.stage, ended);
    return { ended };
  }

  /** Runs it to its end, in no time: faults stand once, and waits while undoing pass at once. */
  async pass(experiment: Experiment, more: Partial<RunRequest> = {}): Promise<RunOutcome> {
    const running = this.stage.run(experiment, more);
    void this.stage
      .seen("phase-started", ({ phase }) => phase === "observe")
      .then(async () => {
        await this.clock.asleepFor(experiment.duration);
        this.clock.advance(experiment.duration);
      });
    await Promise.race([this.stage.seen("phase-started", ({ phase }) => phase === "undo"), running]);
    return await runOut(this.clock, running);
  }

  /** What differs from the start, one line each. */
  async differences(): Promise<string[]> {
    return this.files.oracle.differences(this.#before, await this.files.oracle.photograph());
  }

  async expectAsBefore(): Promise<void> {
    expect(await this.differences()).toEqual([]);
  }

  expectWellKept(): void {
    expectWellKept(this.stage.events);
  }

  types(): Event["type"][] {
    return this.stage.events.map(({ type }) => type);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stage[Symbol.asyncDispose]();
    await this.files[Symbol.asyncDispose]();
  }
}

function parsed({ skill, params = {} }: Use): { params: unknown } {
  return { params: filesAgent.skills.find(({ name }) => name === skill)!.params.parse(params) };
}

const dialProbe = (dials: FilesStage["dials"]) =>
  defineProbe({
    kind: "dial",
    summary: "Read a number that the test sets",
    params: z.strictObject({ dial: z.string() }),
    example: { dial: "latency" },
    open: async ({ dial }) => ({
      async measure() {
        const value = dials[dial] ?? null;
        return { value, ok: value !== null, detail: `${dial} reads ${value}` };
      },
      async [Symbol.asyncDispose]() {},
    }),
  });
