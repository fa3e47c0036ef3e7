import type { Database } from "../database.ts";
import { describeTable } from "../describe-table.ts";
import type { Table } from "../schema.ts";
import type { Session } from "../session.ts";

interface Desk {
  readonly of: string;
  readonly session: Session;
  readonly table: Table | undefined;
}

interface Asked {
  mark: string;
  table: { schema: string; table: string };
  readOnly: boolean;
  signal: AbortSignal;
}

const patienceMs = 1_000;
/** One at most waits for each database, and not for long. */
const waiting = new WeakMap<Database, Desk>();

/**
 * Does some work with a session and the table as it is now. A fault's records come one after the other, and looking a
 * table up takes longer than to put a batch back: what one leaves, the next one takes over within a second.
 */
export async function atDesk<T>(
  database: Database,
  asked: Asked,
  work: (session: Session, table: Table | undefined) => Promise<T>,
): Promise<T> {
  const desk = await take(database, asked);
  try {
    const done = await work(desk.session, desk.table);
    const other = waiting.get(database);
    waiting.set(database, desk);
    setTimeout(() => void leave(database, desk), patienceMs).unref();
    await other?.session[Symbol.asyncDispose]();
    return done;
  } catch (error) {
    await desk.session[Symbol.asyncDispose]();
    throw error;
  }
}

async function take(database: Database, { mark, table: name, readOnly, signal }: Asked): Promise<Desk> {
  const of = JSON.stringify([mark, name.schema, name.table, readOnly]);
  const left = waiting.get(database);
  waiting.delete(database);
  if (left?.of === of && left.session.isOpen) return left;
  await left?.session[Symbol.asyncDispose]();
  const table = await describeTable(database, name, signal);
  return { of, table, session: await database.session(mark, { readOnly, signal }) };
}

async function leave(database: Database, desk: Desk): Promise<void> {
  if (waiting.get(database) !== desk) return;
  waiting.delete(database);
  await desk.session[Symbol.asyncDispose]();
}
