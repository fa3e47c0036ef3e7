import type { Database } from "../database.ts";
import type { Session } from "../session.ts";

/**
 * Starts a transaction and returns its id. After a crash the server gives ids anew that were not on its disk yet: a
 * stranger's rows would look like ours. So a later transaction is made durable first, and with it all ids before.
 */
export async function beginPinned(database: Database, session: Session, signal: AbortSignal): Promise<string> {
  await session.query("BEGIN", [], { signal });
  const xid = (await database.dialect.transactionId(session))!;
  await database.ask(
    "SELECT pg_catalog.set_config('synchronous_commit', 'on', true), pg_catalog.pg_logical_emit_message(true, 'chaos', '')",
    [],
    signal,
  );
  return xid;
}

/** What a row's xmin shows of a transaction's id. Digits only, so it may stand in a statement. */
export const xid32 = (xid: string): string => (BigInt(xid) & 0xffffffffn).toString();
