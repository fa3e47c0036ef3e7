import type { Database } from "../database.ts";
import type { Table } from "../schema.ts";
import type { Session, Value } from "../session.ts";
import { columnsOf } from "./key-condition.ts";
import { referenceIndexes } from "./table-rules.ts";

/** Values for columns that only point elsewhere, in combinations that no row has yet. */
export interface OpenReferences {
  columns: string[];
  rows: Value[][];
}

const mostRows = 100_000;
const parentsAtMost = 1_000;

/** For a table whose rows are told apart by what they point to; null where they are not. */
export async function openReferences(
  { dialect }: Database,
  session: Session,
  table: Table,
  wanted: number,
  signal: AbortSignal,
): Promise<OpenReferences | null> {
  const [index] = referenceIndexes(table);
  if (!index) return null;
  const needed = index.columns.map((name) => name!);
  const keys = table.foreignKeys.filter(({ columns }) => columns.some((name) => needed.includes(name)));
  const sources = new Map<string, { parent: string; name: string }>();
  const conditions: string[] = [];
  const of = ({ parent, name }: { parent: string; name: string }) => `${parent}.${dialect.quote(name)}`;
  const parents = keys.map((key, k) => {
    for (const [i, name] of key.columns.entries()) {
      const source = { parent: `p${k}`, name: key.referencedColumns[i]! };
      const known = sources.get(name);
      if (known) conditions.push(`${of(known)} = ${of(source)}`);
      else sources.set(name, source);
    }
    const list = key.referencedColumns.map((name) => dialect.quote(name)).join(", ");
    const most = keys.length > 1 ? ` LIMIT ${parentsAtMost}` : "";
    return `(SELECT ${list} FROM ${dialect.table(key.references)}${most}) p${k}`;
  });
  const taken = needed.map((name) => `t.${dialect.quote(name)} = ${of(sources.get(name)!)}`).join(" AND ");
  conditions.push(`NOT EXISTS (SELECT 1 FROM ${dialect.table(table)} t WHERE ${taken})`);
  const columns = [...sources.keys()];
  const list = columnsOf(table, columns).map((column) => {
    const { parent, name } = sources.get(column.name)!;
    return dialect.read({ ...column, name }, parent);
  });
  const statement = `SELECT ${list.join(", ")} FROM ${parents.join(" CROSS JOIN ")} WHERE ${conditions.join(" AND ")}`;
  const rows = await session.rows(`${statement} LIMIT ${Math.min(wanted, mostRows)}`, [], { signal });
  return { columns, rows };
}
