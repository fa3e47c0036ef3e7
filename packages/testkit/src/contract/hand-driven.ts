import type { Held, Skill, SkillContext, Target, Thing, UndoId } from "@chaos-agents/core";
import { expect } from "vitest";

export const throughDisk = (record: unknown): unknown => JSON.parse(JSON.stringify(record)) as unknown;

/** One injection, driven from yield to yield. */
export class HandDriven {
  /** The records that are "on disk": all that were yielded and gone past, each in its latest revision. */
  readonly records: unknown[] = [];
  /** What was yielded last and not gone past yet. */
  announced: { record: unknown; revises?: UndoId } | undefined;
  readonly #skill: Skill;
  readonly #held: Held[] = [];
  readonly #steps: ReturnType<Skill["inject"]>;
  readonly #stopping: AbortController;
  #lastId: UndoId = 0;

  constructor(
    { skill, target, context }: { skill: Skill; target: Target; context: SkillContext },
    thing: Thing,
    stopping: AbortController,
  ) {
    this.#skill = skill;
    this.#stopping = stopping;
    this.#steps = skill.inject(target, thing, {
      ...context,
      hold: (held) => void this.#held.push(held),
      progress: () => undefined,
      note: () => undefined,
    });
  }

  /** Lets the announced change happen, and goes on to the next yield; false when there is none. */
  async step(): Promise<boolean> {
    this.write();
    const next = await this.#steps.next(this.#lastId);
    if (next.done) return false;
    const { record, revises } = next.value;
    const onDisk = throughDisk(this.#skill.undoRecord.parse(record));
    expect(onDisk, "a record is the same once it was on disk").toEqual(this.#skill.undoRecord.parse(onDisk));
    this.announced = revises === undefined ? { record: onDisk } : { record: onDisk, revises };
    return true;
  }

  /** Steps until the yield of this number, counted from 1, stands announced; false when there are fewer. */
  async stepTo(yields: number): Promise<boolean> {
    for (let at = 0; at < yields; at++) if (!(await this.step())) return false;
    return true;
  }

  async finish(): Promise<number> {
    let yields = 0;
    while (await this.step()) yields++;
    return yields;
  }

  /** Puts the announced record on disk without letting its change happen. */
  write(): void {
    if (!this.announced) return;
    const { record, revises } = this.announced;
    this.announced = undefined;
    if (revises === undefined) this.records.push(record);
    else this.records[revises - 1] = record;
    this.#lastId = revises ?? this.records.length;
  }

  /** Why the first of what is held died by itself; never settles while all of it lives. */
  async lost(): Promise<string> {
    return await Promise.race(this.#held.flatMap(({ lost }) => lost ?? []));
  }

  /** As the engine lets go: what lives in our process ends, newest first. */
  async letGo(): Promise<void> {
    this.#stopping.abort(new Error("the fault is being undone"));
    await this.#steps.return(undefined).catch(() => undefined);
    for (const held of this.#held.toReversed()) await held[Symbol.asyncDispose]();
  }
}
