import type { Finding } from "@chaos-agents/core";
import type { Database } from "../database.ts";
import { lockAttemptMs, withLockPatience } from "../lock-patience.ts";
import type { Session } from "../session.ts";
import type { DroppedIndex, IndexDropping, IndexName, IndexState } from "../skills/index-drop.ts";
import { literal, postgresValues, quote, textArray } from "./values.ts";

/** How long a build that lets writers through may wait for older transactions before one is tried that does not wait for them. */
const oldTransactionsMs = 5_000;

const reasonsStatement = `
  SELECT n.nspname AS schema, x.relname AS index,
         CASE WHEN i.indisreplident THEN 'it is the table''s replica identity'
              WHEN x.relkind = 'I' THEN 'it spans all partitions'
              WHEN x.relispartition THEN 'it is a part of a partitioned table''s index'
              WHEN EXISTS (SELECT FROM pg_catalog.pg_depend d
                            WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = x.oid AND d.deptype IN ('e', 'x'))
                THEN 'it belongs to an extension'
              WHEN EXISTS (SELECT FROM pg_catalog.pg_depend d
                            WHERE d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = x.oid)
                THEN 'something else depends on it' END AS reason
    FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = x.relnamespace
   WHERE n.nspname = ANY ($1::text[])`;

const indexStatement = `
  SELECT t.relname AS table, i.indisvalid AND i.indisready AND i.indislive AS valid, i.indisclustered AS clustered,
         EXISTS (SELECT FROM pg_catalog.pg_index o WHERE o.indrelid = i.indrelid AND o.indisclustered) AS table_clustered,
         pg_catalog.pg_get_indexdef(x.oid) AS definition, pg_catalog.obj_description(x.oid, 'pg_class') AS comment,
         (SELECT spcname FROM pg_catalog.pg_tablespace WHERE oid = x.reltablespace) AS tablespace,
         i.indexprs IS NOT NULL AS expressions, x.relkind AS kind,
         (SELECT pg_catalog.json_agg(pg_catalog.json_build_object('column', a.attnum, 'target', a.attstattarget) ORDER BY a.attnum)
            FROM pg_catalog.pg_attribute a WHERE a.attrelid = x.oid AND a.attstattarget >= 0) AS statistics
    FROM pg_catalog.pg_class x JOIN pg_catalog.pg_namespace n ON n.oid = x.relnamespace
    LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = x.oid
    LEFT JOIN pg_catalog.pg_class t ON t.oid = i.indrelid
   WHERE n.nspname = $1 AND x.relname = $2`;

const qualified = ({ schema, index }: { schema: string; index: string }) =>
  postgresValues.table({ schema, name: index });

export const postgresIndexDrop: IndexDropping = {
  verb: "drop",

  async refusals(database, tables, signal) {
    const schemas = [...new Set(tables.map(({ schema }) => schema))];
    const rows = await database.ask(reasonsStatement, [textArray(schemas)], signal);
    const reasons = new Map(rows.map((row) => [qualified(row as unknown as IndexName), row["reason"] ?? undefined]));
    return (table, index) => reasons.get(qualified({ schema: table.schema, index: index.name }));
  },

  async findings(database, indexes, signal) {
    const findings: Finding[] = [];
    const user = quote(database.server.user);
    for (const { schema, index } of indexes) {
      const [row] = await database.ask(
        `SELECT pg_catalog.has_schema_privilege(n.oid, 'CREATE') AS may_create,
                x.reltablespace = 0 OR pg_catalog.has_tablespace_privilege(x.reltablespace, 'CREATE') AS may_place,
                (SELECT spcname FROM pg_catalog.pg_tablespace WHERE oid = x.reltablespace) AS tablespace,
                pg_catalog.pg_stat_get_numscans(x.oid) AS scans
           FROM pg_catalog.pg_class x JOIN pg_catalog.pg_namespace n ON n.oid = x.relnamespace
          WHERE n.nspname = $1 AND x.relname = $2`,
        [schema, index],
        signal,
      );
      const lacks = (what: string): void => {
        findings.push({
          level: "error",
          code: "permission-missing",
          message: `${database.server.user} lacks CREATE on ${what}, to make ${index} again`,
          remedy: `GRANT CREATE ON ${what} TO ${user}`,
        });
      };
      if (row?.["may_create"] === "f") lacks(`SCHEMA ${quote(schema)}`);
      if (row?.["may_place"] === "f") lacks(`TABLESPACE ${quote(row["tablespace"]!)}`);
      if (row?.["scans"] === "0") {
        const message = `no query has used ${index} since the server's statistics begin: few will miss it`;
        findings.push({ level: "info", code: "no-effect", message });
      }
    }
    return findings;
  },

  async remember(database, name, signal) {
    const [row] = await database.ask(indexStatement, [name.schema, name.index], signal);
    if (!row?.["definition"] || row["table"] !== name.table) return undefined;
    return {
      ...name,
      again: {
        definition: row["definition"],
        comment: row["comment"] ?? null,
        tablespace: row["tablespace"] ?? null,
        clustered: row["clustered"] === "t",
        statistics: JSON.parse(row["statistics"] ?? "[]") as { column: number; target: number }[],
        hasExpressions: row["expressions"] === "t",
      },
    };
  },

  async remove(_database, session, name, signal) {
    await session.query(`DROP INDEX ${qualified(name)}`, [], { signal });
  },

  async state(database, record, signal) {
    const [row] = await database.ask(indexStatement, [record.schema, record.index], signal);
    if (!row) return (await isTableThere(database, record, signal)) ? "gone" : "no-table";
    if (row["definition"] !== record.again?.definition) return "other";
    return row["valid"] === "t" ? "there" : "invalid";
  },

  async restore(database, record, state, mark, signal) {
    const wanted = await decorations(database, record, signal);
    if (state === "there" && wanted.length === 0) return false;
    await using session = await database.session(mark, { lockTimeout: oldTransactionsMs, signal });
    if (state !== "there") await makeAgain(database, session, record, state, signal);
    for (const statement of await decorations(database, record, signal)) {
      await withLockPatience(database, () => session.query(statement, [], { signal }), {
        what: record.table,
        clock: database.clock,
        signal,
      });
    }
    return true;
  },
};

async function makeAgain(
  database: Database,
  session: Session,
  record: DroppedIndex,
  state: IndexState,
  signal: AbortSignal,
): Promise<void> {
  const { definition, tablespace } = record.again!;
  const run = (sql: string) => session.query(sql, [], { signal });
  await run(`SET default_tablespace = ${literal(tablespace ?? "")}`);
  if (state === "gone") {
    try {
      await run(definition.replace(/^CREATE INDEX /, "CREATE INDEX CONCURRENTLY "));
      return;
    } catch (error) {
      if (database.refusal(error) !== "lock-timeout") throw error;
    }
  }
  // older transactions do not end; this one keeps writers waiting while it works, but waits for no reader
  await run(`SET lock_timeout = ${lockAttemptMs}`);
  const rebuild = async () => {
    const left = await postgresIndexDrop.state(database, record, signal);
    if (left === "invalid") await run(`REINDEX INDEX ${qualified(record)}`);
    else if (left === "gone") await run(definition);
  };
  await withLockPatience(database, rebuild, { what: record.table, clock: database.clock, signal });
}

/** Statements for what belongs to the index and is not there yet, unless somebody else decided otherwise since. */
async function decorations(database: Database, record: DroppedIndex, signal: AbortSignal): Promise<string[]> {
  const { comment, clustered, statistics } = record.again!;
  const [row] = await database.ask(indexStatement, [record.schema, record.index], signal);
  if (!row) return [];
  const name = qualified(record);
  const table = postgresValues.table({ schema: record.schema, name: record.table });
  const has = JSON.parse(row["statistics"] ?? "[]") as { column: number }[];
  return [
    ...(comment !== null && row["comment"] === null ? [`COMMENT ON INDEX ${name} IS ${literal(comment)}`] : []),
    ...(clustered && row["table_clustered"] === "f" ? [`ALTER TABLE ${table} CLUSTER ON ${quote(record.index)}`] : []),
    ...statistics
      .filter(({ column }) => !has.some((other) => other.column === column))
      .map(({ column, target }) => `ALTER INDEX ${name} ALTER COLUMN ${column} SET STATISTICS ${target}`),
  ];
}

async function isTableThere(database: Database, { schema, table }: IndexName, signal: AbortSignal): Promise<boolean> {
  const [row] = await database.ask(
    "SELECT pg_catalog.to_regclass($1) IS NOT NULL AS there",
    [postgresValues.table({ schema, name: table })],
    signal,
  );
  return row?.["there"] === "t";
}
