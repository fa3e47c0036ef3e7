import { ChaosError, defineSkill, counted } from "@chaos-agents/core";
import { z } from "zod";
import type { Database } from "../database.ts";
import { HeldSessions } from "../held-sessions.ts";
import { percentSchema } from "../percent.ts";
import { type SessionRecord, endSessions, sessionRecord } from "./session-fault.ts";

const atOnce = 10;

async function room(database: Database, signal: AbortSignal) {
  const { maxConnections, reservedConnections, sessions } = await database.activity(signal);
  const allowed = maxConnections - reservedConnections;
  return { allowed, free: Math.max(0, allowed - sessions) };
}

export const connectionFlood = defineSkill({
  name: "db.connection_flood",
  summary: "Open connections until few are left for others",
  effect: "Clients that connect anew are refused or wait for their pool; those already connected go on.",
  reversal: "exact",
  reversalNote: "Our connections are closed, or ended by the server when we are gone. No data is touched.",
  seen: "effect",
  params: z.strictObject({
    connections: z.int().min(1).max(100_000).optional().meta({ description: "How many to open; instead of percent" }),
    percent: percentSchema.prefault("90%").meta({ description: "How much of what is free when the plan is made" }),
    leave: z.int().min(0).default(3).meta({ description: "How many to leave free for others in any case" }),
  }),
  undoRecord: sessionRecord,
  example: { percent: "90%", leave: 5 },

  async resolve(database: Database, { connections, percent, leave }, { signal }) {
    const { allowed, free } = await room(database, signal);
    const wanted = connections ?? Math.floor((free * percent) / 100);
    const count = Math.min(wanted, free - leave);
    if (count < 1) {
      throw new ChaosError(
        "nothing-matched",
        `only ${free} of ${counted(allowed, "connection")} free, and ${leave} to be left`,
        {
          remedy: "lower leave, or wait until fewer are in use",
        },
      );
    }
    return [
      {
        key: "connections",
        label: `open ${count} of ${counted(free, "free connection")}`,
        undoLabel: "close our connections",
        cost: { connections: count, percent: Math.round((100 * count) / allowed) },
        data: { count, wanted },
      },
    ];
  },

  async preflight(_database, things) {
    return things
      .filter(({ data }) => data.count < data.wanted)
      .map(({ data }) => ({
        level: "warning" as const,
        code: "note" as const,
        message: `${counted(data.count, "connection")} instead of ${data.wanted}: more would leave too few for others`,
      }));
  },

  async *inject(database, { data: { count } }, context) {
    yield { record: { mark: context.mark } };
    const held = new HeldSessions(database, context.mark, Math.floor(count / 10));
    context.hold(held);
    for (let opened = 0; opened < count; opened += atOnce) {
      context.signal.throwIfAborted();
      const batch = Array.from({ length: Math.min(atOnce, count - opened) }, () =>
        held.open({ signal: context.signal }),
      );
      const failed = (await Promise.allSettled(batch)).find((result) => result.status === "rejected");
      context.progress(held.sessions.length, count, "connections");
      if (!failed) continue;
      if (held.sessions.length === 0 || database.refusal(failed.reason) !== "too-many-connections") throw failed.reason;
      context.note(`the server takes no more than ${counted(held.sessions.length, "connection")} of ours`);
      return;
    }
  },

  async witness(database, { data: { count } }, _records, { mark, signal }) {
    const ours = (await database.ourSessions(mark, signal)).length;
    const { free, allowed } = await room(database, signal);
    return {
      landed: ours > 0,
      detail: `${ours} of ${counted(count, "connection")} opened; ${free} of ${allowed} free for others`,
    };
  },

  ...endSessions<SessionRecord>(),
});
