import { createHash } from "node:crypto";
import { type Client, escapeIdentifier } from "pg";
import { to as copyTo } from "pg-copy-streams";

export interface ShopTable {
  /** As people write it: without the schema where that is `public`. */
  name: string;
  /** Quoted, with its schema. */
  sql: string;
  /** What tells its rows apart, and orders them: the columns of the primary key, or all of the row where there is none. */
  key: string;
}

export async function listTables(client: Client): Promise<ShopTable[]> {
  const { rows } = await client.query<{ schema: string; name: string; key: string[] | null }>(
    `SELECT nspname AS schema, relname AS name, (
       SELECT array_agg(attname::text ORDER BY position)
       FROM pg_index, unnest(indkey::int2[]) WITH ORDINALITY AS part (attnum, position) JOIN pg_attribute USING (attnum)
       WHERE indrelid = pg_class.oid AND attrelid = pg_class.oid AND indisprimary
     ) AS key
     FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
     WHERE relkind = 'r' AND nspname !~ '^pg_' AND nspname <> 'information_schema' ORDER BY pg_class.oid`,
  );
  return rows.map(({ schema, name, key }) => ({
    name: schema === "public" ? name : `${schema}.${name}`,
    sql: `${escapeIdentifier(schema)}.${escapeIdentifier(name)} AS t`,
    key: key?.map(escapeIdentifier).join(", ") ?? "t::text",
  }));
}

/** The rows as the server itself writes them in binary, in the order of their key. */
export async function hashTable(client: Client, { sql, key }: ShopTable): Promise<string> {
  const rows = client.query(copyTo(`COPY (SELECT * FROM ${sql} ORDER BY ${key}) TO STDOUT (FORMAT binary)`));
  const hash = createHash("sha256");
  for await (const chunk of rows) hash.update(chunk);
  return hash.digest("hex");
}

export async function countRows(client: Client, { sql }: ShopTable): Promise<number> {
  const { rows } = await client.query<{ count: string }>(`SELECT count(*) FROM ${sql}`);
  return Number(rows[0]!.count);
}

export async function rowHashes(client: Client, { sql, key }: ShopTable): Promise<Map<string, string>> {
  const { rows } = await client.query<{ key: string; hash: string }>(
    `SELECT concat_ws(', ', ${key}) AS key, md5(t::text) AS hash FROM ${sql}`,
  );
  return new Map(rows.map((row) => [row.key, row.hash]));
}
