import type { Random } from "@chaos-agents/core";
import type { Database } from "../database.ts";
import type { Column, Table } from "../schema.ts";
import type { Session, Value } from "../session.ts";
import { type RowSources, countedKey, freshColumns, writableColumns } from "./row-maker.ts";

const mostSamples = 1_000;
const mostSampleBytes = 8 << 20;

/** Reads what new rows are made from, before any of them is there: existing rows, parents' keys, unused numbers. */
export async function readSources(
  database: Database,
  session: Session,
  table: Table,
  random: Random,
  signal: AbortSignal,
): Promise<RowSources> {
  const samples = await sampleRows(database, session, table, writableColumns(table), signal);
  const parents = new Map<string, Value[][]>();
  if (samples.length === 0) {
    for (const key of table.foreignKeys) {
      const list = key.referencedColumns.map((column) => database.dialect.quote(column)).join(", ");
      const sql = `SELECT ${list} FROM ${database.dialect.table(key.references)} LIMIT ${mostSamples}`;
      const rows = await session.rows(sql, [], { signal });
      if (rows.length > 0) parents.set(key.name, rows);
    }
  }
  const freeFrom = new Map<string, bigint>();
  const counted = countedKey(table)?.name;
  for (const name of freshColumns(table)) {
    const column = table.columns.find((one) => one.name === name)!;
    if (name !== counted && ["integer", "decimal", "float"].includes(column.kind)) {
      freeFrom.set(name, await middleOfFree(database, session, table, column, signal));
    }
  }
  return { table, random, samples, parents, freeFrom };
}

async function sampleRows(
  { dialect }: Database,
  session: Session,
  table: Table,
  columns: readonly Column[],
  signal: AbortSignal,
): Promise<Value[][]> {
  const width = table.bytes && table.rows ? table.bytes / table.rows : 1_024;
  const most = Math.max(20, Math.min(mostSamples, Math.floor(mostSampleBytes / Math.max(width, 1))));
  const list = columns.map((column) => dialect.read(column)).join(", ");
  return await session.rows(`SELECT ${list} FROM ${dialect.table(table)} LIMIT ${most}`, [], { signal });
}

/** The largest number a column takes, cautiously. */
function largest({ kind, type, precision, scale, unsigned }: Column): bigint {
  if (kind === "decimal")
    return precision === null ? 10n ** 15n : 10n ** BigInt(Math.max(0, precision - (scale ?? 0))) - 1n;
  if (kind === "float") return 1n << 23n;
  const bits = /^(tinyint)/.test(type)
    ? 8n
    : /^(small|int2)/.test(type)
      ? 16n
      : /^medium/.test(type)
        ? 24n
        : /^big|int8/.test(type)
          ? 63n
          : 32n;
  return bits === 63n ? 1n << 62n : (1n << (unsigned ? bits : bits - 1n)) - 1n;
}

/** Where nobody is likely to count next: half way between the largest number there is and the largest there can be. */
async function middleOfFree(
  { dialect }: Database,
  session: Session,
  table: Table,
  column: Column,
  signal: AbortSignal,
): Promise<bigint> {
  const name = dialect.quote(column.name);
  const [row] = await session.rows(`SELECT floor(max(${name})) FROM ${dialect.table(table)}`, [], { signal });
  const top = /^-?\d+$/.test(row?.[0] ?? "") ? BigInt(row![0]!) : 0n;
  return top + (largest(column) - top) / 2n + 1n;
}
