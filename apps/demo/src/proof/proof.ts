import type { Clock } from "@chaos-agents/core";
import { type Client, escapeIdentifier } from "pg";
import { readLedger } from "../ledger/ledger.ts";
import { replay } from "../ledger/replay.ts";
import { resolveUnknown } from "../ledger/resolve-unknown.ts";
import { withClient } from "../with-client.ts";
import { type RowDifference, describeBy, differences, rowDifference } from "./differences.ts";
import { type ShopTable, countRows, hashTable, listTables, rowHashes } from "./tables.ts";

const schemaQuery = new URL("./schema.sql", import.meta.url);
const settingsQuery = new URL("./settings.sql", import.meta.url);

/** What the shop was before the experiment. */
export interface Pristine {
  /** A copy of the whole database, on the same server. */
  database: string;
  settings: string[];
}

export interface TableProof {
  name: string;
  rowsBefore: number;
  /** Rows that customers inserted, changed or deleted. */
  ledgerWrites: number;
  /** Null: the table is gone. */
  rowsAfter: number | null;
  /** Of the rows before with the ledger replayed on them; null: the table was not there. */
  sha256Expected: string | null;
  sha256Actual: string | null;
  equal: boolean;
  difference?: RowDifference;
}

export interface ProofReport {
  tables: TableProof[];
  schemaEqual: boolean;
  schemaDifferences: string[];
  settingsEqual: boolean;
  settingsDifferences: string[];
  /** Sessions of ours that are still there. */
  sessionsLeft: string[];
  /** Numbers given out since, some of which no row has: a sequence never goes back. */
  sequences: { name: string; advanced: number }[];
  transactions: number;
  writes: number;
  /** Transactions whose client lost its connection at COMMIT, and how many of them the server had committed. */
  asked: number;
  hadCommitted: number;
  ok: boolean;
}

function inDatabase(url: string, database: string): string {
  const other = new URL(url);
  other.pathname = `/${database}`;
  return other.href;
}

async function copyDatabase(url: string, from: string, to: string): Promise<void> {
  await withClient(inDatabase(url, "postgres"), async (client) => {
    await client.query(`DROP DATABASE IF EXISTS ${escapeIdentifier(to)}`);
    await client.query(`CREATE DATABASE ${escapeIdentifier(to)} TEMPLATE ${escapeIdentifier(from)}`);
  });
}

/** Copies the shop while nobody is in it. `url` is a superuser's. */
export async function keepPristine(url: string): Promise<Pristine> {
  const shop = new URL(url).pathname.slice(1);
  const database = `${shop}_before`;
  await copyDatabase(url, shop, database);
  return { database, settings: await withClient(url, (client) => describeBy(client, settingsQuery)) };
}

/**
 * Whether the shop is what it was, plus exactly what the ledger says. Replays the ledger into a second copy and compares
 * the two from outside; the traffic has to be stopped. May be asked again.
 */
export async function prove(
  { url, pristine, ledger }: { url: string; pristine: Pristine; ledger: string },
  { clock, signal }: { clock: Clock; signal?: AbortSignal },
): Promise<ProofReport> {
  const expectedDatabase = `${new URL(url).pathname.slice(1)}_expected`;
  await copyDatabase(url, pristine.database, expectedDatabase);
  return withClient(url, async (actual) => {
    const entries = await readLedger(ledger);
    const { committed, ...unknown } = await resolveUnknown(actual, entries, { clock, ...(signal && { signal }) });
    const report = await withClient(inDatabase(url, expectedDatabase), async (expected) => {
      const before = await countAll(expected);
      const writes = await replay(expected, committed);
      const tables = await compareTables(expected, actual, before, writes);
      const schemaDifferences = differences(
        await describeBy(expected, schemaQuery),
        await describeBy(actual, schemaQuery),
      );
      return { tables, schemaDifferences, sequences: await compareSequences(expected, actual) };
    });
    const settingsDifferences = differences(pristine.settings, await describeBy(actual, settingsQuery));
    const sessionsLeft = await ourSessions(actual);
    const schemaEqual = report.schemaDifferences.length === 0;
    const settingsEqual = settingsDifferences.length === 0;
    const tablesEqual = report.tables.every(({ equal }) => equal);
    return {
      ...report,
      schemaEqual,
      settingsEqual,
      settingsDifferences,
      sessionsLeft,
      transactions: committed.length,
      writes: committed.reduce((sum, { writes }) => sum + writes.length, 0),
      ...unknown,
      ok: tablesEqual && schemaEqual && settingsEqual && sessionsLeft.length === 0,
    };
  });
}

async function countAll(client: Client): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (const table of await listTables(client)) counts.set(table.name, await countRows(client, table));
  return counts;
}

async function compareTables(
  expected: Client,
  actual: Client,
  before: ReadonlyMap<string, number>,
  writes: ReadonlyMap<string, number>,
): Promise<TableProof[]> {
  const byName = async (client: Client) => new Map((await listTables(client)).map((table) => [table.name, table]));
  const [there, here] = [await byName(expected), await byName(actual)];
  const proofs: TableProof[] = [];
  for (const name of new Set([...there.keys(), ...here.keys()])) {
    const [was, is] = [there.get(name), here.get(name)];
    const sha256Expected = was ? await hashTable(expected, was) : null;
    const sha256Actual = is ? await hashTable(actual, is) : null;
    const equal = sha256Expected === sha256Actual;
    const difference = equal ? undefined : await differenceOf(expected, was, actual, is);
    proofs.push({
      name,
      rowsBefore: before.get(name) ?? 0,
      ledgerWrites: writes.get(name) ?? 0,
      rowsAfter: is ? await countRows(actual, is) : null,
      sha256Expected,
      sha256Actual,
      equal,
      ...(difference && { difference }),
    });
  }
  return proofs;
}

async function differenceOf(expected: Client, was: ShopTable | undefined, actual: Client, is: ShopTable | undefined) {
  const rows = async (client: Client, table: ShopTable | undefined) => (table ? rowHashes(client, table) : new Map());
  return rowDifference(await rows(expected, was), await rows(actual, is));
}

/** The expected copy's sequences stand where they stood before: replaying gives every id itself. */
async function compareSequences(expected: Client, actual: Client): Promise<ProofReport["sequences"]> {
  const positions = async (client: Client) => {
    const { rows } = await client.query<{ name: string; last: string; by: string }>(
      `SELECT sequencename AS name, coalesce(last_value, start_value - increment_by) AS last, increment_by AS by
       FROM pg_sequences ORDER BY sequencename`,
    );
    return new Map(rows.map(({ name, last, by }) => [name, Number(last) / Number(by)]));
  };
  const [was, is] = [await positions(expected), await positions(actual)];
  return [...is]
    .map(([name, last]) => ({ name, advanced: last - (was.get(name) ?? last) }))
    .filter(({ advanced }) => advanced !== 0);
}

async function ourSessions(client: Client): Promise<string[]> {
  const { rows } = await client.query<{ line: string }>(
    `SELECT format('%s, process %s, %s', application_name, pid, state) AS line
     FROM pg_stat_activity WHERE application_name LIKE 'chaos/%' ORDER BY pid`,
  );
  return rows.map(({ line }) => line);
}
