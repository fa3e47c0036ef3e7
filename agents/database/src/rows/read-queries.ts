import type { Random, SkillContext } from "@chaos-agents/core";
import type { Database } from "../database.ts";
import type { Column, Table } from "../schema.ts";
import type { Session, Value } from "../session.ts";
import { pickKeys } from "./pick-keys.ts";
import { columnsOf, keyCondition } from "./key-condition.ts";

/** A query that only reads, with fresh values each time it is asked. */
export interface ReadQuery {
  sql: string;
  values(random: Random): Value[];
}

const sampledKeys = 1_000;
const letters = "etaoinshr";

/** What can be asked of these tables: look-ups by key, and for a mixed load scans, sorts, searches and joins. */
export async function readQueries(
  database: Database,
  session: Session,
  tables: readonly Table[],
  mix: "mixed" | "point",
  { signal }: Pick<SkillContext, "signal">,
): Promise<ReadQuery[]> {
  const queries: ReadQuery[] = [];
  for (const table of tables) {
    if (table.keys.length > 0) {
      const look = await lookUp(database, session, table, signal);
      if (look) queries.push(look);
    }
    if (mix === "mixed") queries.push(...heavyQueries(database, table));
  }
  return queries.length > 0 ? queries : tables.map((table) => ({ sql: countAll(database, table), values: () => [] }));
}

const countAll = ({ dialect }: Database, table: Table) => `SELECT count(*) FROM ${dialect.table(table)}`;

async function lookUp(
  database: Database,
  session: Session,
  table: Table,
  signal: AbortSignal,
): Promise<ReadQuery | undefined> {
  const key = columnsOf(table, table.keys[0]!);
  const keys = await pickKeys(database, session, { table, key }, sampledKeys, signal);
  if (keys.length === 0) return undefined;
  const { dialect } = database;
  const { sql } = keyCondition(dialect, key, [keys[0]!]);
  const list = table.columns.slice(0, 10).map((column) => dialect.read(column));
  return {
    sql: `SELECT ${list.join(", ")} FROM ${dialect.table(table)} WHERE ${sql}`,
    values: (random) => keys[random.below(keys.length)]!,
  };
}

function heavyQueries(database: Database, table: Table): ReadQuery[] {
  const { dialect } = database;
  const from = dialect.table(table);
  const none = () => [];
  const text = table.columns.find(({ kind }) => kind === "text");
  const queries: ReadQuery[] = [{ sql: countAll(database, table), values: none }];
  if (text) {
    const like = `${dialect.quote(text.name)} LIKE ${dialect.placeholder(1)}`;
    const search = (random: Random) =>
      `%${letters[random.below(letters.length)]}${letters[random.below(letters.length)]}%`;
    queries.push({ sql: `SELECT count(*) FROM ${from} WHERE ${like}`, values: (random) => [search(random)] });
  }
  const sortable = unsorted(table);
  if (sortable) {
    const name = dialect.quote(sortable.name);
    queries.push({
      sql: `SELECT ${dialect.read(sortable)} FROM ${from} ORDER BY ${name} DESC LIMIT 100`,
      values: none,
    });
    queries.push({ sql: `SELECT count(*) FROM (SELECT ${name} FROM ${from} GROUP BY ${name}) g`, values: none });
  }
  for (const { references, columns, referencedColumns } of table.foreignKeys.slice(0, 1)) {
    const on = columns.map((column, i) => `c.${dialect.quote(column)} = p.${dialect.quote(referencedColumns[i]!)}`);
    queries.push({
      sql: `SELECT count(*) FROM ${from} c JOIN ${dialect.table(references)} p ON ${on.join(" AND ")}`,
      values: none,
    });
  }
  return queries;
}

/** A column that can be sorted and that no index sorts already. */
function unsorted(table: Table): Column | undefined {
  const led = new Set(table.indexes.map(({ columns }) => columns[0]));
  const sortable = new Set(["integer", "decimal", "float", "text", "timestamp", "date", "uuid"]);
  return table.columns.find(({ name, kind }) => sortable.has(kind) && !led.has(name));
}
