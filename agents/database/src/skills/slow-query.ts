import { defineSkill, counted } from "@chaos-agents/core";
import { z } from "zod";
import type { Database } from "../database.ts";
import { HeldSessions } from "../held-sessions.ts";
import type { Session } from "../session.ts";
import { type SessionRecord, endSessions, sessionRecord } from "./session-fault.ts";

/** A query ends by itself soon after we are gone: the server stops it. */
const longestMs = 15_000;

export const slowQuery = defineSkill({
  name: "db.slow_query",
  summary: "Keep heavy queries running",
  effect: "Some of the server's processors are busy all the time, or its sorts spill; everybody's queries take longer.",
  reversal: "recovers-by-itself",
  reversalNote:
    "The queries read nothing but numbers they make up; they are ended, and each ends by itself within 15 s.",
  seen: "effect",
  params: z.strictObject({
    sessions: z.int().min(1).max(200).default(4).meta({ description: "How many queries at a time" }),
    kind: z
      .enum(["cpu", "sort"])
      .default("cpu")
      .meta({ description: "cpu: counting without end; sort: sorting more than fits into memory" }),
  }),
  undoRecord: sessionRecord,
  example: { sessions: 2, kind: "sort" },

  async resolve(database: Database, { sessions, kind }) {
    return [
      {
        key: "queries",
        label: `keep ${counted(sessions, "heavy query", "heavy queries")} (${kind}) running on ${database.label}`,
        undoLabel: "end the queries",
        cost: { connections: sessions },
        data: { sessions, kind },
      },
    ];
  },

  async *inject(database, { data: { sessions, kind } }, context) {
    const { mark, signal } = context;
    yield { record: { mark } };
    const held = new HeldSessions(database, mark);
    context.hold(held);
    for (let n = 0; n < sessions; n++) {
      const session = await held.open({ readOnly: true, statementTimeout: longestMs, signal });
      void queryForEver(session, database, database.dialect.heavyQuery(kind));
    }
  },

  async witness(database, { data: { sessions } }, _records, { mark, signal, clock }) {
    for (const until = clock.monotonic() + 3_000; ; await clock.sleep(50, signal)) {
      const ours = new Set((await database.ourSessions(mark, signal)).map(({ id }) => id));
      const running = (await database.serverSessions(signal)).filter(
        ({ id, state }) => ours.has(id) && state === "active",
      );
      const detail = `${running.length} of ${counted(sessions, "query", "queries")} running`;
      if (running.length > 0 || clock.monotonic() > until) return { landed: running.length > 0, detail };
    }
  },

  ...endSessions<SessionRecord>(),
});

/** One after the other until the session is closed; each is cut off by the server's own timeout. */
async function queryForEver(session: Session, database: Database, sql: string): Promise<void> {
  while (session.isOpen) {
    try {
      await session.rows(sql);
    } catch (error) {
      if (session.isOpen && database.refusal(error) !== "cancelled")
        session.destroy(`its query failed: ${String(error)}`);
    }
  }
}
