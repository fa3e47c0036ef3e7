import {
  type Agent,
  type Skill,
  type SkillContext,
  type Target,
  type Thing,
  type UndoResult,
  seededRandom,
  systemClock,
} from "@chaos-agents/core";
import { newRunId } from "@chaos-agents/engine";
import { HandDriven, throughDisk } from "./hand-driven.ts";

/** Everything about one fault that its skill asks for, outside any run. */
export class FaultAlone implements AsyncDisposable {
  readonly skill: Skill;
  readonly target: Target;
  readonly context: SkillContext;
  readonly #agent: Agent;
  readonly #config: unknown;
  readonly #stopping: AbortController;
  #closed: Promise<void> | undefined;

  private constructor(agent: Agent, skill: Skill, config: unknown, run: string, target: Target) {
    this.#agent = agent;
    this.#config = config;
    this.#stopping = new AbortController();
    this.skill = skill;
    this.target = target;
    this.context = {
      run,
      fault: "1",
      mark: `chaos/${run}/1`,
      signal: this.#stopping.signal,
      clock: systemClock,
      random: seededRandom(1),
    };
  }

  /** `way` is the config by which it gets to its target, where others go another way. */
  static async open(agent: Agent, skill: Skill, rawConfig: unknown, way = rawConfig): Promise<FaultAlone> {
    const config = agent.config.parse(rawConfig);
    const run = newRunId(Date.now());
    const target = await agent.connect(agent.config.parse(way), {
      mark: `chaos/${run}`,
      signal: new AbortController().signal,
      clock: systemClock,
    });
    return new FaultAlone(agent, skill, config, run, target);
  }

  async things(params: Record<string, unknown>): Promise<Thing[]> {
    return await this.skill.resolve(this.target, this.skill.params.parse(params), {
      ...this.context,
      // as a dry run and a run of the same seed have it
      random: seededRandom(1),
      matchesFilters: () => true,
    });
  }

  /** The same target as another process would reach it. */
  async elsewhere(): Promise<Target> {
    const { run, clock } = this.context;
    return await this.#agent.connect(this.#config, {
      mark: `chaos/${run}`,
      signal: new AbortController().signal,
      clock,
    });
  }

  /** The first half of putting back, in a process of its own. */
  async fence(records: readonly unknown[]): Promise<void> {
    await using other = await this.elsewhere();
    await this.skill.fence?.(other, records.map(throughDisk), { ...this.context, signal: AbortSignal.timeout(60_000) });
  }

  /** Undoes as a fresh process would: fence first, last in first out, from what is on disk. Returns the results, newest first. */
  async putBack(records: readonly unknown[]): Promise<UndoResult[]> {
    const context = { ...this.context, signal: AbortSignal.timeout(60_000) };
    await using other = await this.elsewhere();
    const fromDisk = records.map(throughDisk);
    await this.skill.fence?.(other, fromDisk, context);
    const results: UndoResult[] = [];
    for (const record of fromDisk.toReversed()) results.push(await this.skill.undo(other, record, context));
    return results;
  }

  /** What can still be seen of each record, from a connection that took no part. */
  async verify(records: readonly unknown[]): Promise<string[][]> {
    await using other = await this.elsewhere();
    const context = { ...this.context, signal: AbortSignal.timeout(60_000) };
    const residues: string[][] = [];
    for (const record of records) residues.push(await this.skill.verify(other, throughDisk(record), context));
    return residues;
  }

  async landed(thing: Thing, records: readonly unknown[]): Promise<boolean> {
    const context = { ...this.context, signal: AbortSignal.timeout(60_000) };
    await using other = await this.elsewhere();
    return (await this.skill.witness(other, thing, records.map(throughDisk), context)).landed;
  }

  drive(thing: Thing): HandDriven {
    return new HandDriven(this, thing, this.#stopping);
  }

  /** Ends the connection that injected. */
  async close(): Promise<void> {
    this.#stopping.abort(new Error("the client is gone"));
    this.#closed ??= Promise.resolve(this.target[Symbol.asyncDispose]());
    await this.#closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
