import {
  type Finding,
  type Skill,
  type SkillContext,
  type Thing,
  type UndoResult,
  seededRandom,
  systemClock,
} from "@chaos-agents/core";
import { databaseAgent } from "../agent.ts";
import type { Database } from "../database.ts";

export const openDatabase = async (url: string): Promise<Database> => {
  const config = databaseAgent.config.parse({ connection_url: url });
  const context = { mark: "chaos/data", signal: AbortSignal.timeout(60_000), clock: systemClock };
  return (await databaseAgent.connect(config, context)) as Database;
};

let faults = 0;

/** One fault of a data skill, driven by hand on one thing, the way the engine does it; records go through JSON. */
export class DataFault {
  readonly skill: Skill;
  readonly thing: Thing;
  readonly findings: readonly Finding[];
  readonly notes: string[] = [];
  readonly records: unknown[] = [];
  readonly stop = new AbortController();
  readonly #database: Database;
  readonly #context: SkillContext;
  #steps: ReturnType<Skill["inject"]> | undefined;

  private constructor(
    database: Database,
    skill: Skill,
    thing: Thing,
    findings: readonly Finding[],
    context: SkillContext,
  ) {
    this.#database = database;
    this.skill = skill;
    this.thing = thing;
    this.findings = findings;
    this.#context = { ...context, signal: this.stop.signal };
  }

  /** Rejects where the skill will not do it at all. */
  static async of(database: Database, name: string, rawParams: Record<string, unknown>): Promise<DataFault> {
    const skill = databaseAgent.skills.find((one) => one.name === name)!;
    const fault = String(++faults);
    const context: SkillContext = {
      run: "data",
      fault,
      mark: `chaos/data/${fault}`,
      signal: AbortSignal.timeout(60_000),
      clock: systemClock,
      random: seededRandom(faults),
    };
    const params = skill.params.parse(rawParams);
    const [thing] = await skill.resolve(database, params, { ...context, matchesFilters: () => true });
    const findings = await skill.preflight!(database, [thing!], params, context);
    return new DataFault(database, skill, thing!, findings, context);
  }

  get errors(): string[] {
    return this.findings.filter(({ level }) => level === "error").map(({ message }) => message);
  }

  /** Runs to the end, or until `at` records were told and the next step is to be made. */
  async inject(at = Infinity): Promise<this> {
    this.#steps ??= this.skill.inject(this.#database, this.thing, {
      ...this.#context,
      hold: () => {},
      progress: () => {},
      note: (message) => this.notes.push(message),
    });
    let last = this.records.length;
    while (this.records.length < at) {
      const next = await this.#steps.next(last);
      if (next.done) break;
      const { record, revises } = next.value;
      const onDisk: unknown = JSON.parse(JSON.stringify(this.skill.undoRecord.parse(record)));
      if (revises === undefined) this.records.push(onDisk);
      else this.records[revises - 1] = onDisk;
      last = revises ?? this.records.length;
    }
    return this;
  }

  async landed(): Promise<boolean> {
    return (await this.skill.witness(this.#database, this.thing, this.records, this.#looking())).landed;
  }

  async undo(database = this.#database): Promise<UndoResult[]> {
    const results: UndoResult[] = [];
    for (const record of this.records.toReversed())
      results.push(await this.skill.undo(database, record, this.#looking()));
    return results;
  }

  async verify(): Promise<string[]> {
    const residues: string[] = [];
    for (const record of this.records)
      residues.push(...(await this.skill.verify(this.#database, record, this.#looking())));
    return residues;
  }

  async letGo(): Promise<void> {
    this.stop.abort(new Error("let go"));
    await this.#steps?.return(undefined).catch(() => undefined);
  }

  #looking(): SkillContext {
    return { ...this.#context, signal: AbortSignal.timeout(60_000) };
  }
}

export const outcomes = (results: readonly UndoResult[]): string[] => results.map(({ outcome }) => outcome);
