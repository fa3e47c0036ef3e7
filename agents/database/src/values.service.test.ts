import { systemClock } from "@chaos-agents/core";
import { photograph } from "@chaos-agents/testkit";
import { forEachDatabase } from "@chaos-agents/testkit/vitest";
import * as fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { chooseTables } from "./choose-tables.ts";
import { Database } from "./database.ts";
import type { Table } from "./schema.ts";
import type { Session } from "./session.ts";

/** Column types, and values as literals of the engine: the edges of each. */
const postgresTypes: Record<string, string[]> = {
  boolean: ["true", "false"],
  smallint: ["-32768", "32767"],
  bigint: ["9223372036854775807", "-9223372036854775808"],
  "numeric(20,5)": ["1.00000", "'NaN'", "-999999999999999.99999"],
  numeric: ["1.0", "1.00", "1e-300", "12345678901234567890123456789.5"],
  real: ["0.1", "'-Infinity'", "1e-45", "16777217"],
  "double precision": ["0.1", "'NaN'", "5e-324", "1.7976931348623157e308"],
  money: ["'$1,234.56'", "-12.5"],
  text: ["''", "' '", "E'a\\\\b\\n''\"$1'", "'NULL'", "'\u{1F600}é'"],
  "varchar(9)": ["'x  '", "'{a,b}'"],
  "character(5)": ["'ab'", "''"],
  '"char"': ["'x'", "''"],
  name: ["'Some Name'"],
  bytea: ["'\\x'", "'\\x00ff5c27'"],
  "bit(3)": ["B'101'"],
  "bit varying(9)": ["B''", "B'1011'"],
  uuid: ["'6f1c0a1e-5b8c-4c43-9b0e-2f0a1b2c3d4e'"],
  json: ['\'{"a":  1, "a": 2}\'', "'null'"],
  jsonb: ['\'{"b": 1.10, "a": [null, "\\u00e9"]}\''],
  date: ["'infinity'", "'4713-01-01 BC'", "'9999-12-31'"],
  "time(3)": ["'24:00:00'", "'12:34:56.789'"],
  "time with time zone": ["'12:34:56.789123+05:30'"],
  timestamp: ["'-infinity'", "'2024-02-29 12:00:00.000001'"],
  "timestamp with time zone": ["'2024-02-29 12:00:00.000001+14'", "'0044-03-15 12:00:00 BC'"],
  interval: ["'1 year 2 mons -3 days 04:05:06.789'", "'-00:00:01'"],
  "integer[]": ["'{}'", "'{{1,NULL},{3,4}}'", "'[2:3]={7,8}'"],
  "text[]": ["ARRAY['a,b', 'NULL', '', NULL, '\"q\"', 'b\\s']"],
  int4range: ["'[1,5)'", "'empty'", "'(,)'"],
  tstzrange: ["'[2024-01-01 00:00+00,)'"],
  inet: ["'10.0.0.1'", "'10.0.0.1/8'", "'::1'"],
  cidr: ["'10.0.0.0/8'"],
  macaddr: ["'08:00:2b:01:02:03'"],
  point: ["'(0.1,-0)'"],
  polygon: ["'((0,0),(1,1),(1,0))'"],
  xml: ["'<a>&lt;</a>'"],
  tsvector: ["'''a'':1A ''b c'':2'"],
  pg_lsn: ["'16/B374D848'"],
  'own."Mood Of"': ["'so so'", "'it''s, fine'"],
  'own."Mood Of"[]': ["ARRAY['so so']::own.\"Mood Of\"[]"],
  "own.positive": ["7"],
  "own.pair": ["ROW(1, 'a,\"b')", "ROW(NULL, NULL)", "ROW(NULL, '')"],
};

const mysqlTypes: Record<string, string[]> = {
  "tinyint(1)": ["-128", "127"],
  "int(7) unsigned zerofill": ["42", "4294967295"],
  "bigint unsigned": ["18446744073709551615", "9007199254740993"],
  bigint: ["-9223372036854775808"],
  "decimal(65,30)": ["12345678901234567890123456789012345.123456789012345678901234567890"],
  float: ["0.1", "3.4e38", "16777217", "-0.0"],
  double: ["0.1", "5e-324", "1.7976931348623157e308"],
  "float(7,3)": ["1.5"],
  "bit(1)": ["b'1'"],
  "bit(64)": ["b'1000000000000000000000000000000000000000000000000000000000000001'"],
  "char(5)": ["'ab'", "''"],
  "varchar(20) character set utf8mb4 collate utf8mb4_general_ci": ["'x  '", "'a\\\\b\\'\"'", "'\u{1F600}é'"],
  "varchar(20) character set latin1": ["'é€'"],
  "varchar(20) character set sjis": ["X'8355'", "X'835C'"],
  "varchar(20) character set ucs2": ["'é'"],
  mediumtext: ["''", "'NULL'"],
  "binary(4)": ["X'00FF'", "X'00FF0000'"],
  "varbinary(9)": ["X''", "X'5C27'"],
  blob: ["X'00'", "X'F09F'"],
  date: ["'0000-00-00'", "'2024-02-00'", "'9999-12-31'"],
  "time(6)": ["'-838:59:59'", "'12:34:56.789123'"],
  "datetime(6)": ["'0000-00-00 00:00:00'", "'2024-02-29 12:00:00.000001'"],
  "timestamp(3) null": ["'2024-03-31 02:30:00.123'"],
  year: ["2024", "0"],
  "enum('a','it''s','b,c') character set latin1": ["'a'", "'it\\'s'", "'b,c'"],
  "set('x','y','z')": ["''", "'x,z'"],
  json: ['\'{"b":  1.10, "a": [null, "é"]}\''],
  geometry: ["ST_GeomFromText('POINT(0.1 2)')", "ST_GeomFromText('POLYGON((0 0,1 0,1 1,0 0))', 4326)"],
};

const noMode = "SET sql_mode = '', time_zone = '+00:00'";

forEachDatabase((server) => {
  const onPostgres = server.engine === "postgres";
  const types = Object.entries(onPostgres ? postgresTypes : mysqlTypes);
  const columns = types.map(([type], k) => `c${k} ${type}`);
  const longest = Math.max(...types.map(([, values]) => values.length));

  const open = (): Promise<Database> =>
    Database.open(
      { connection_url: server.url },
      { mark: "chaos/values", signal: AbortSignal.timeout(60_000), clock: systemClock },
    );

  async function tableNamed(database: Database, name: string): Promise<Table> {
    const signal = AbortSignal.timeout(60_000);
    const [table] = await chooseTables(database, { tables: [name], matchesFilters: () => true, signal });
    return table!;
  }

  const selectList = ({ dialect }: Database, table: Table) =>
    table.columns.map((column) => dialect.read(column)).join(", ");

  async function copy(database: Database, session: Session, from: string, to: string): Promise<void> {
    const { dialect } = database;
    const source = await tableNamed(database, from);
    const target = await tableNamed(database, to);
    const places = target.columns.map((column, k) => dialect.write(column, dialect.placeholder(k + 1))).join(", ");
    for (const row of await session.rows(`SELECT ${selectList(database, source)} FROM ${dialect.table(source)}`)) {
      expect(await session.execute(`INSERT INTO ${dialect.table(target)} VALUES (${places})`, row)).toBe(1);
    }
  }

  const rowsOf = async (table: string) => {
    const { rows } = (await photograph(server.url, server.engine)).facts;
    return Object.entries(rows).find(([name]) => new RegExp(`[. ]${table}$`).test(name))![1];
  };

  beforeAll(async () => {
    const rows = Array.from({ length: longest + 1 }, (_, n) => [n, ...types.map(([, values]) => values[n] ?? "NULL")]);
    await server.admin.run([
      ...(onPostgres
        ? [
            "CREATE SCHEMA own",
            `CREATE TYPE own."Mood Of" AS ENUM ('so so', 'it''s, fine')`,
            "CREATE DOMAIN own.positive AS int CHECK (VALUE > 0)",
            "CREATE TYPE own.pair AS (a int, b text)",
          ]
        : [noMode]),
      `CREATE TABLE original (id int PRIMARY KEY, ${columns.join(", ")})`,
      `CREATE TABLE copied (id int PRIMARY KEY, ${columns.join(", ")})`,
      ...rows.map((row) => `INSERT INTO original VALUES (${row.join(", ")})`),
    ]);
  });

  describe("values", () => {
    test("of every type come back exactly as they were", async () => {
      await using database = await open();
      await using session = await database.session("chaos/values/1");
      const before = await rowsOf("original");
      await copy(database, session, "original", "copied");
      // a dump names its table, so the copy takes the original's name
      await server.admin.run(["ALTER TABLE original RENAME TO spare", "ALTER TABLE copied RENAME TO original"]);
      expect(await rowsOf("original")).toBe(before);
    });

    test("are found to be the same, column by column", async () => {
      await using database = await open();
      await using session = await database.session("chaos/values/1");
      const { dialect } = database;
      const table = await tableNamed(database, "original");
      const list = selectList(database, table);
      for (const row of await session.rows(`SELECT ${list} FROM ${dialect.table(table)}`)) {
        for (const [k, column] of table.columns.entries()) {
          const places = [dialect.placeholder(1), dialect.placeholder(2)];
          const where = `${dialect.matches(table.columns[0]!, places[0]!)} AND ${dialect.same(column, places[1]!)}`;
          const found = await session.rows(`SELECT 1 FROM ${dialect.table(table)} WHERE ${where}`, [row[0]!, row[k]!]);
          expect(found, `${column.type}: ${row[k]}`).toHaveLength(1);
          const other = row[k] === null ? "" : null;
          const wrong = await session.rows(`SELECT 1 FROM ${dialect.table(table)} WHERE ${where}`, [row[0]!, other]);
          expect(wrong, `${column.type}: ${row[k]} is not ${other}`).toHaveLength(0);
        }
      }
    });

    test("are found by any key, and only where the key is that one", async () => {
      await using database = await open();
      await using session = await database.session("chaos/values/1");
      const { dialect } = database;
      const table = await tableNamed(database, "original");
      const unkeyed = onPostgres ? /^(json|xml|point|polygon)$/ : /^(float|json|geometry)|set\(/;
      for (const column of table.columns.filter(({ type }) => !unkeyed.test(type))) {
        const read = dialect.read(column);
        for (const [value] of await session.rows(
          `SELECT ${read} FROM ${dialect.table(table)} WHERE ${dialect.quote(column.name)} IS NOT NULL`,
        )) {
          const where = dialect.matches(column, dialect.placeholder(1));
          const found = await session.rows(`SELECT ${read} FROM ${dialect.table(table)} WHERE ${where}`, [value!]);
          expect(found.flat(), `${column.type}: ${value}`).toContain(value);
        }
      }
    });

    test("of text and numbers, made up at random, come back exactly", async () => {
      await server.admin.run([
        `CREATE TABLE made (t ${onPostgres ? "text" : "longtext character set utf8mb4"}, b ${onPostgres ? "bytea" : "longblob"},
          d double precision, n bigint)`,
      ]);
      await using database = await open();
      await using session = await database.session("chaos/values/1");
      const { dialect } = database;
      const table = await tableNamed(database, "made");
      const places = table.columns.map((column, k) => dialect.write(column, dialect.placeholder(k + 1))).join(", ");
      const text = fc.string({ unit: "binary", maxLength: 40 }).filter((t) => t.isWellFormed() && !t.includes("\0"));
      const bytes = fc.uint8Array({ maxLength: 40 });
      const double = fc.double({ noNaN: true, noDefaultInfinity: true }).filter((d) => !Object.is(d, -0));
      const row = fc.tuple(text, bytes, double, fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }));
      await fc.assert(
        fc.asyncProperty(row, async ([t, b, d, n]) => {
          const hex = Buffer.from(b).toString("hex");
          await session.query(`DELETE FROM ${dialect.table(table)}`);
          const written = [t, onPostgres ? `\\x${hex}` : hex.toUpperCase(), String(d), String(n)];
          await session.execute(`INSERT INTO ${dialect.table(table)} VALUES (${places})`, written);
          const [read] = await session.rows(`SELECT ${selectList(database, table)} FROM ${dialect.table(table)}`);
          expect([read![0], read![1], Number(read![2]), read![3]]).toEqual([t, written[1], d, String(n)]);
          const again = await session.rows(
            `SELECT 1 FROM ${dialect.table(table)} WHERE ${dialect.same(table.columns[0]!, dialect.placeholder(1))}`,
            [t],
          );
          expect(again).toHaveLength(1);
        }),
        { numRuns: 150, seed: 20261122 },
      );
    });

    test("that a collation takes for equal are not the same", async () => {
      const insensitive = onPostgres ? "numeric" : "varchar(9) character set utf8mb4 collate utf8mb4_general_ci";
      const [value, alike] = onPostgres ? ["1.0", "1.00"] : ["a", "A"];
      await server.admin.run([`CREATE TABLE alike (v ${insensitive})`, `INSERT INTO alike VALUES ('${value}')`]);
      await using database = await open();
      const { dialect } = database;
      const table = await tableNamed(database, "alike");
      const same = (v: string) =>
        database.ask(
          `SELECT 1 FROM ${dialect.table(table)} WHERE ${dialect.same(table.columns[0]!, dialect.placeholder(1))}`,
          [v],
        );
      expect(await same(value)).toHaveLength(1);
      expect(await same(alike)).toHaveLength(0);
    });
  });
});
