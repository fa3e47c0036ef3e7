import { spawn } from "node:child_process";
import { createHash, type Hash } from "node:crypto";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import type { Connection } from "mysql2";
import { quoteName } from "../servers/database-admin.ts";
import { findProgram } from "../servers/find-program.ts";
import { rowsFact } from "./facts.ts";
import { ask } from "./mysql-ask.ts";

const quote = quoteName.mysql;

interface Table {
  name: string;
  /** Sorted by it, rows have one order only; without it, the order is taken from the rows themselves. */
  primaryKey: string[];
  columns: { name: string; type: string }[];
}

/**
 * Hashes every table's rows: what the server's own dump program says of them, where there is one, and what the server
 * says of the columns that the dump rounds (FLOAT) or, without a dump program, of all columns.
 */
export async function mysqlRows(
  connection: Connection,
  url: string,
  database: string,
  into: Record<string, string>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const tables = await baseTables(connection, database);
  // the dump program waits for a lock without end; this session does not
  for (const { name } of tables) await ask(connection.promise(), `SELECT 1 FROM ${quote(name)} LIMIT 0`);
  const program = findProgram("mariadb-dump", "mysqldump");
  const dumped = program === undefined ? undefined : await dump(program, url, database, tables, signal);
  for (const table of tables) {
    const rest = dumped === undefined ? table.columns : table.columns.filter(({ type }) => type === "float");
    const digest = new RowsDigest(table.primaryKey.length > 0);
    if (rest.length > 0) await select(connection, table, rest, digest);
    const rows = dumped?.get(table.name) ?? (dumped === undefined ? digest : new RowsDigest(true));
    const both = dumped === undefined || rest.length === 0 ? rows.sha256() : `${rows.sha256()} ${digest.sha256()}`;
    into[`table ${table.name}`] = rowsFact(rows.count, both);
  }
}

/** The hash of rows that come in their one right order, or in any. */
class RowsDigest {
  count = 0;
  readonly #hash: Hash = createHash("sha256");
  readonly #unordered: string[] | undefined;

  constructor(ordered: boolean) {
    if (!ordered) this.#unordered = [];
  }

  add(row: Buffer | string): void {
    this.count++;
    if (this.#unordered) this.#unordered.push(createHash("sha256").update(row).digest("base64"));
    else this.#hash.update(row).update("\n");
  }

  sha256(): string {
    for (const row of this.#unordered?.sort() ?? []) this.#hash.update(row);
    return this.#hash.digest("hex");
  }
}

async function baseTables(connection: Connection, database: string): Promise<Table[]> {
  const columns = await ask(
    connection.promise(),
    `SELECT c.table_name AS t, c.column_name AS name, LOWER(c.data_type) AS type, k.ordinal_position AS place
     FROM information_schema.tables b
     JOIN information_schema.columns c ON c.table_schema = b.table_schema AND c.table_name = b.table_name
     LEFT JOIN information_schema.key_column_usage k ON k.table_schema = b.table_schema AND k.table_name = b.table_name
       AND k.column_name = c.column_name AND k.constraint_name = 'PRIMARY'
     WHERE b.table_schema = ? AND b.table_type = 'BASE TABLE' ORDER BY c.table_name, c.ordinal_position`,
    [database],
  );
  return [...Map.groupBy(columns, (column) => String(column["t"]))].map(([name, all]) => ({
    name,
    columns: all.map((column) => ({ name: String(column["name"]), type: String(column["type"]) })),
    primaryKey: all
      .filter((column) => column["place"] !== null)
      .sort((a, b) => Number(a["place"]) - Number(b["place"]))
      .map((column) => String(column["name"])),
  }));
}

const rowsOnly = [
  "--no-create-info",
  "--skip-triggers",
  "--skip-extended-insert",
  "--order-by-primary",
  "--hex-blob",
  "--single-transaction",
  "--compact",
  "--no-tablespaces",
  "--default-character-set=utf8mb4",
];

/** Every table's rows by the dump program: one statement a row, one line a statement. */
async function dump(
  program: string,
  url: string,
  database: string,
  tables: Table[],
  signal: AbortSignal | undefined,
): Promise<Map<string, RowsDigest>> {
  const { hostname, port, username, password } = new URL(url);
  const args = [
    "--no-defaults",
    "--protocol=tcp",
    `--host=${hostname}`,
    `--port=${port || "3306"}`,
    `--user=${decodeURIComponent(username)}`,
    ...rowsOnly,
    database,
  ];
  const env = { ...process.env, MYSQL_PWD: decodeURIComponent(password) };
  const child = spawn(program, args, { env, stdio: ["ignore", "pipe", "pipe"], signal });
  const ended = once(child, "close");
  const said = text(child.stderr);
  const digests = new Map<string, [name: string, rows: RowsDigest]>();
  for (const { name, primaryKey } of tables) {
    digests.set(`INSERT INTO ${quote(name)} `, [name, new RowsDigest(primaryKey.length > 0)]);
  }
  for await (const line of lines(child.stdout)) {
    const start = line.subarray(0, 200).toString("utf8");
    const end = start.startsWith("INSERT INTO `") ? /[^`]`(?:``)* /.exec(start.slice(13)) : null;
    const found = end && digests.get(start.slice(0, 13 + end.index + end[0].length));
    found?.[1].add(line);
  }
  const [code] = (await ended) as [number | null];
  if (code !== 0) throw new Error(`${program} ended with ${code}: ${(await said).trim()}`);
  return new Map(digests.values());
}

async function* lines(stream: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of stream) {
    let data = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
    for (let end = data.indexOf(10); end >= 0; end = data.indexOf(10)) {
      yield data.subarray(0, end);
      data = data.subarray(end + 1);
    }
    rest = data;
  }
  if (rest.length > 0) yield rest;
}

const asBytes = /char|text|blob|binary|json|enum|set|point|line|polygon|geometry|multi/;

/** Columns as hexadecimal text made by the server, so that no driver's reading of them matters. */
async function select(
  connection: Connection,
  table: Table,
  columns: Table["columns"],
  digest: RowsDigest,
): Promise<void> {
  const shown = columns.map(({ name, type }) => {
    if (asBytes.test(type)) return `HEX(${quote(name)})`;
    if (type === "float") return `HEX(CAST(${quote(name)} + 0e0 AS CHAR))`;
    return type === "bit" ? `HEX(CAST(${quote(name)} + 0 AS CHAR))` : `HEX(CAST(${quote(name)} AS CHAR))`;
  });
  const order = table.primaryKey.length > 0 ? `ORDER BY ${table.primaryKey.map(quote).join(", ")}` : "";
  const sql = `SELECT ${shown.join(", ")} FROM ${quote(table.name)} ${order}`;
  const stream = connection.query({ sql, rowsAsArray: true }).stream();
  for await (const row of stream) digest.add(JSON.stringify(row));
}
