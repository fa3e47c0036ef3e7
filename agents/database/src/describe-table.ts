import { ChaosError } from "@chaos-agents/core";
import { tableKey } from "./choose-tables.ts";
import type { Database } from "./database.ts";
import { lockAttemptMs } from "./lock-patience.ts";
import type { Table, Unseen } from "./schema.ts";

/** `Database.refusal` calls it a lock timeout. */
export class TableLockedError extends ChaosError {
  constructor(table: Table, { why, what }: Unseen) {
    super("fault-not-landed", `${tableKey(table)} cannot be read: ${why}`, {
      remedy: "End the session that holds it, or wait until it has, and try again",
      facts: { table: tableKey(table), unseen: what },
    });
  }
}

/** All about one table now, or undefined when it is gone. Throws when it stays locked: half of it is nothing to act on. */
export async function describeTable(
  database: Database,
  { schema, table: name }: { schema: string; table: string },
  signal: AbortSignal,
): Promise<Table | undefined> {
  for (let first = true; ; first = false) {
    const summary = (await database.tables(signal, [schema])).find((one) => one.name === name);
    const [table] = summary ? await database.describe([summary], signal) : [];
    if (!table?.unseen) return table;
    if (!first) throw new TableLockedError(table, table.unseen);
    await database.clock.sleep(lockAttemptMs, signal);
  }
}
