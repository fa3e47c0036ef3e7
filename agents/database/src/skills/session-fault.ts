import type { SkillContext, UndoResult } from "@chaos-agents/core";
import { z } from "zod";
import type { Database } from "../database.ts";

/** All it takes to undo a fault that is nothing but sessions of ours: the mark they bear. */
export const sessionRecord = z.strictObject({ mark: z.string() });
export type SessionRecord = z.infer<typeof sessionRecord>;

/** The way back of a fault that lives in sessions: ending them ends it, whoever opened them. */
export const endSessions = <R extends SessionRecord>() => ({
  async fence(database: Database, records: Iterable<R>, { signal }: SkillContext): Promise<void> {
    for (const mark of new Set([...records].map((one) => one.mark))) await database.fence(mark, signal);
  },

  async undo(database: Database, { mark }: R, { signal }: SkillContext): Promise<UndoResult> {
    await database.fence(mark, signal);
    return database.claimEnded(mark, "sessions")
      ? { outcome: "undone", detail: "its sessions are ended" }
      : { outcome: "already", detail: "no session of it is left" };
  },

  async verify(database: Database, { mark }: R, { signal }: SkillContext): Promise<string[]> {
    return (await database.ourSessions(mark, signal)).map(({ id }) => `session ${id} is still there`);
  },
});
