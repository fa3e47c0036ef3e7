import { type Held, ChaosError, defineSkill, describeError, counted } from "@chaos-agents/core";
import { z } from "zod";
import { chooseTables, tableKey } from "../choose-tables.ts";
import type { Database } from "../database.ts";
import { describeTable } from "../describe-table.ts";
import { HeldSessions } from "../held-sessions.ts";
import { pickKeys } from "../rows/pick-keys.ts";
import { columnsOf, keyCondition } from "../rows/key-condition.ts";
import type { Session, Value } from "../session.ts";
import { endSessions, sessionRecord } from "./session-fault.ts";

const record = sessionRecord.extend({
  /** The server's own count of deadlocks before ours; null where it keeps none we may see. */
  before: z.number().nullable(),
});

export const deadlock = defineSkill({
  name: "db.deadlock",
  summary: "Make transactions deadlock, again and again",
  effect:
    "Whoever needs the same rows waits until the server has found and broken each deadlock; its error log and counters fill.",
  reversal: "recovers-by-itself",
  reversalNote:
    "Only our own sessions are chosen as victims of each other; they lock rows and change none. They are ended.",
  seen: "effect",
  params: z.strictObject({
    tables: z.array(z.string().min(1)).optional().meta({ description: "Which table; the largest when left out" }),
    pairs: z
      .int()
      .min(1)
      .max(50)
      .default(1)
      .meta({ description: "How many pairs of transactions, each on two rows of its own" }),
  }),
  undoRecord: record,
  example: { tables: ["orders"], pairs: 2 },

  async resolve(database: Database, { tables, pairs }, { matchesFilters, signal }) {
    const chosen = await chooseTables(database, {
      tables,
      limit: 1,
      matchesFilters,
      unsuitable: (table) =>
        table.keys.length === 0
          ? "it has no key by which a row could be named"
          : table.rows === 0
            ? "it has no rows"
            : undefined,
      signal,
    });
    return chosen.map((table) => ({
      key: tableKey(table),
      label: `${counted(pairs, "pair")} of transactions that deadlock on rows of ${tableKey(table)}`,
      undoLabel: "end the transactions",
      cost: { tables: 1, rows: 2 * pairs, connections: 2 * pairs },
      data: { schema: table.schema, table: table.name, pairs },
    }));
  },

  async preflight(database, things, _params, { signal }) {
    const needs = things.flatMap(({ data: { schema, table } }) =>
      (["select", "update"] as const).map((right) => ({ right, table: { schema, name: table } })),
    );
    return await database.missingPrivileges(needs, signal);
  },

  async *inject(database, { data }, context) {
    const { mark, signal } = context;
    const table = await describeTable(database, data, signal);
    if (!table) return;
    yield {
      record: { mark, before: await database.dialect.deadlocks((sql, values) => database.ask(sql, values, signal)) },
    };
    const held = new HeldSessions(database, mark);
    context.hold(held);
    const key = columnsOf(table, table.keys[0]!);
    const first = await held.open({ signal });
    const keys = await pickKeys(database, first, { table, key }, 2 * data.pairs, signal);
    if (keys.length < 2 * data.pairs) {
      throw new ChaosError(
        "fault-not-landed",
        `${tableKey(table)} has ${counted(keys.length, "row")} to pick from; ${2 * data.pairs} are needed`,
      );
    }
    const lock = (row: string[]) => {
      const { sql, values } = keyCondition(database.dialect, key, [row]);
      return { sql: `SELECT 1 FROM ${database.dialect.table(table)} WHERE ${sql} FOR UPDATE`, values };
    };
    const pairs = new DeadlockingPairs();
    context.hold(pairs);
    for (let n = 0; n < data.pairs; n++) {
      const one = n === 0 ? first : await held.open({ signal });
      const other = await held.open({ signal });
      pairs.start(database, [one, other], [lock(keys[2 * n]!), lock(keys[2 * n + 1]!)]);
    }
    await Promise.race([pairs.firstDeadlock, pairs.lost.then((why) => Promise.reject(new Error(why)))]);
  },

  async witness(database, _thing, records, { mark, signal, clock }) {
    const [{ before }] = [...records] as [z.infer<typeof record>];
    const ours = await database.ourSessions(mark, signal);
    if (ours.length === 0) return { landed: false, detail: "no session of ours is there" };
    for (const until = clock.monotonic() + 5_000; ; await clock.sleep(100, signal)) {
      const now = await database.dialect.deadlocks((sql, values) => database.ask(sql, values, signal));
      if (now === null || before === null) {
        return {
          landed: true,
          detail: "our sessions were told of a deadlock; the server's own count is hidden from us",
        };
      }
      if (now > before) return { landed: true, detail: `the server counts ${counted(now - before, "more deadlock")}` };
      if (clock.monotonic() > until)
        return { landed: false, detail: "the server counts no more deadlocks than before" };
    }
  },

  ...endSessions<z.infer<typeof record>>(),
});

interface Lock {
  sql: string;
  values: Value[];
}

/** Pairs of sessions that lock the same two rows in crossing order until they are disposed. */
class DeadlockingPairs implements Held {
  readonly lost: Promise<string>;
  readonly firstDeadlock: Promise<void>;
  readonly #lose: (why: string) => void;
  readonly #landed: () => void;
  #closed = false;

  constructor() {
    const lost = Promise.withResolvers<string>();
    const landed = Promise.withResolvers<void>();
    [this.lost, this.#lose] = [lost.promise, lost.resolve];
    [this.firstDeadlock, this.#landed] = [landed.promise, landed.resolve];
  }

  start(database: Database, sessions: [Session, Session], locks: [Lock, Lock]): void {
    void this.#rounds(database, sessions, locks).catch((error: unknown) => {
      if (!this.#closed) this.#lose(describeError(error));
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
  }

  async #rounds(database: Database, [one, other]: [Session, Session], [first, second]: [Lock, Lock]): Promise<void> {
    while (!this.#closed && one.isOpen && other.isOpen) {
      await Promise.all([one.query("START TRANSACTION"), other.query("START TRANSACTION")]);
      await Promise.all([one.rows(first.sql, first.values), other.rows(second.sql, second.values)]);
      const crossing = async (session: Session, lock: Lock) => {
        try {
          await session.rows(lock.sql, lock.values);
        } catch (error) {
          if (database.refusal(error) !== "deadlock") throw error;
          this.#landed();
        } finally {
          if (session.isOpen) await session.query("ROLLBACK");
        }
      };
      await Promise.all([crossing(one, second), crossing(other, first)]);
    }
  }
}
