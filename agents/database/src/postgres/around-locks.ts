import type { Ask } from "../dialect.ts";
import type { Unseen } from "../schema.ts";
import { codeOf } from "./errors.ts";

/** Tables that nothing can be asked about that opens them. */
export interface LockedTables {
  /** Of type oid[], for `oid <> ALL ($n)`; null stands for all tables. */
  readonly oids: string | null;
  unseen(oid: string): Unseen | null;
}

/** Whoever waits for an exclusive lock keeps those who come later waiting as well. A lock on a part counts for the whole. */
const holdersStatement = `
  WITH RECURSIVE held AS (
    SELECT coalesce(t.oid, i.indrelid, l.relation) AS oid, l.pid, l.granted
      FROM pg_catalog.pg_locks l
      LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = l.relation
      LEFT JOIN pg_catalog.pg_class t ON t.reltoastrelid <> 0 AND t.reltoastrelid = coalesce(i.indrelid, l.relation)
     WHERE l.locktype = 'relation' AND l.mode = 'AccessExclusiveLock'
       AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())),
  family AS (
    SELECT oid, pid, granted FROM held
     UNION SELECT p.inhparent, f.pid, f.granted FROM family f JOIN pg_catalog.pg_inherits p ON p.inhrelid = f.oid)
  SELECT f.oid, f.pid, f.granted, coalesce(nullif(a.application_name, ''), a.usename::text, 'user not visible') AS who
    FROM family f LEFT JOIN pg_catalog.pg_stat_activity a USING (pid) ORDER BY f.granted, f.pid`;

/** Locks come and go while we look; after so many rounds no table is opened any more. */
const rounds = 4;

/** Reads `what`, which opens tables; where one is locked, once more without opening it. */
export async function aroundLocks<T>(ask: Ask, what: string, read: (locked: LockedTables) => Promise<T>): Promise<T> {
  const reasons = new Map<string, string>();
  for (let round = 1; ; round++) {
    const unseen = (oid: string) => (reasons.has(oid) ? { what, why: reasons.get(oid)! } : null);
    try {
      return await read({ oids: `{${[...reasons.keys()].join(",")}}`, unseen });
    } catch (error) {
      if (codeOf(error) !== "55P03") throw error;
    }
    if (round === rounds) break;
    for (const row of await ask(holdersStatement)) {
      const verb = row["granted"] === "t" ? "holds" : "waits for";
      reasons.set(row["oid"]!, `locked: session ${row["pid"]} (${row["who"]}) ${verb} it exclusively`);
    }
  }
  return read({ oids: null, unseen: () => ({ what, why: "locked: others lock tables faster than we can look" }) });
}
