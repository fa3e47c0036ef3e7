import type { Database } from "./database.ts";
import type { Table } from "./schema.ts";

/** All about one table now, or undefined when it is gone. */
export async function describeTable(
  database: Database,
  { schema, table: name }: { schema: string; table: string },
  signal: AbortSignal,
): Promise<Table | undefined> {
  const summary = (await database.tables(signal, [schema])).find((one) => one.name === name);
  return summary ? (await database.describe([summary], signal))[0] : undefined;
}
