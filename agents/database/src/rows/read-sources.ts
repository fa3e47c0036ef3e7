import type { Random } from "@chaos-agents/core";
import type { Database } from "../database.ts";
import type { Column, Table, TableName } from "../schema.ts";
import type { Session, Value } from "../session.ts";
import { openReferences } from "./open-references.ts";
import type { RowSources } from "./row-maker.ts";
import { freshColumns, writableColumns } from "./table-rules.ts";

const mostSamples = 1_000;
const mostSampleBytes = 8 << 20;

interface Wanted {
  rows: number;
  /** The column that the server hands out. */
  counted: Column | undefined;
  random: Random;
  signal: AbortSignal;
}

/** Reads what new rows are made from, before any of them is there: existing rows, parents' keys, unused numbers. */
export async function readSources(
  database: Database,
  session: Session,
  table: Table,
  { rows, counted, random, signal }: Wanted,
): Promise<RowSources> {
  const samples = await sampleRows(database, session, table, signal);
  const parents = new Map<string, Value[][]>();
  if (samples.length === 0) {
    for (const key of table.foreignKeys) {
      const list = key.referencedColumns.map((column) => database.dialect.quote(column));
      const found = await firstRows(database, session, key.references, list, mostSamples, signal);
      if (found.length > 0) parents.set(key.name, found);
    }
  }
  const freeFrom = new Map<string, bigint>();
  for (const name of freshColumns(table, counted)) {
    const column = table.columns.find((one) => one.name === name)!;
    if (column !== counted && ["integer", "decimal", "float"].includes(column.kind)) {
      freeFrom.set(name, await middleOfFree(database, session, table, column, signal));
    }
  }
  const references = await openReferences(database, session, table, rows, signal);
  return { table, random, samples, parents, references, freeFrom, counted };
}

async function sampleRows(database: Database, session: Session, table: Table, signal: AbortSignal): Promise<Value[][]> {
  const width = table.bytes && table.rows ? table.bytes / table.rows : 1_024;
  const most = Math.max(20, Math.min(mostSamples, Math.floor(mostSampleBytes / Math.max(width, 1))));
  const list = writableColumns(table).map((column) => database.dialect.read(column));
  return await firstRows(database, session, table, list, most, signal);
}

/** Rows that were there before us rather than any: others of ours will be taken away again, under those that point to them. */
async function firstRows(
  { dialect, since }: Database,
  session: Session,
  table: TableName,
  list: readonly string[],
  most: number,
  signal: AbortSignal,
): Promise<Value[][]> {
  const read = (condition: string) =>
    session.rows(`SELECT ${list.join(", ")} FROM ${dialect.table(table)} WHERE ${condition} LIMIT ${most}`, [], {
      signal,
    });
  const old = since === null ? [] : await read(dialect.existedBefore(since));
  return old.length > 0 ? old : await read("TRUE");
}

/** The largest number a column takes, cautiously. */
function largest({ kind, type, precision, scale, unsigned }: Column): bigint {
  if (kind === "decimal")
    return precision === null ? 10n ** 15n : 10n ** BigInt(Math.max(0, precision - (scale ?? 0))) - 1n;
  if (kind === "float") return 1n << 23n;
  const bits = type.startsWith("tinyint")
    ? 8n
    : /^(small|int2)/.test(type)
      ? 16n
      : type.startsWith("medium")
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
