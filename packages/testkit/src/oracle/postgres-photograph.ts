import { createHash } from "node:crypto";
import { Client } from "pg";
import { to as copyTo } from "pg-copy-streams";
import { lockPatienceSeconds, noFacts, type Photograph, type PhotographOptions, rowsFact } from "./facts.ts";
import { momentQueries, stateQueries } from "./postgres-facts.ts";

/** Everything that lasts is read in one snapshot; sessions and locks before it, as they are at that moment. */
export async function photographPostgres(url: string, options: PhotographOptions): Promise<Photograph> {
  const client = new Client({ connectionString: url, application_name: "photograph" });
  client.on("error", () => {});
  options.signal?.throwIfAborted();
  await client.connect();
  const abort = () => void client.end();
  options.signal?.addEventListener("abort", abort);
  try {
    await client.query(`SET search_path TO ''; SET lock_timeout TO '${lockPatienceSeconds}s'; SET jit TO off`);
    const facts = noFacts();
    const scope = options.scope ?? "database";
    for (const query of momentQueries(scope)) await collect(client, query, facts[query.section]);
    await client.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    for (const query of stateQueries(scope)) await collect(client, query, facts[query.section]);
    await sequences(client, facts.sequences);
    await rows(client, facts.rows);
    await client.query("COMMIT");
    return { engine: "postgres", database: client.database!, facts };
  } finally {
    options.signal?.removeEventListener("abort", abort);
    await client.end().catch(() => {});
  }
}

async function collect(client: Client, query: { sql: string }, into: Record<string, string>): Promise<void> {
  const found = await client.query<{ name: string; fact: string }>(query.sql);
  for (const { name, fact } of found.rows) into[name] = fact;
}

async function sequences(client: Client, into: Record<string, string>): Promise<void> {
  const found = await client.query<{ sequence: string }>(
    `SELECT c.oid::regclass::text AS sequence FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind = 'S' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'`,
  );
  for (const { sequence } of found.rows) {
    const state = await client.query<{ fact: string }>(
      `SELECT concat('last value ', last_value, CASE WHEN is_called THEN '' ELSE ', not yet used' END) AS fact
       FROM ${sequence}`,
    );
    into[`sequence ${sequence}`] = state.rows[0]!.fact;
  }
}

/** Partitions count one by one, so that a row which moved between two of them is seen. */
async function rows(client: Client, into: Record<string, string>): Promise<void> {
  const tables = await client.query<{ name: string; key: string | null }>(
    `SELECT c.oid::regclass::text AS name,
       (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY k.place)
        FROM pg_index i, unnest(i.indkey) WITH ORDINALITY AS k(attnum, place), pg_attribute a
        WHERE i.indrelid = c.oid AND i.indisprimary AND a.attrelid = c.oid AND a.attnum = k.attnum) AS key
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE (c.relkind = 'r' OR c.relkind = 'm' AND c.relispopulated)
       AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'`,
  );
  const copies = [];
  for (const { name, key } of tables.rows) {
    const order = key ?? `"one photographed row"::text COLLATE "C"`;
    const select = `SELECT "one photographed row".* FROM ONLY ${name} AS "one photographed row" ORDER BY ${order}`;
    const hash = createHash("sha256");
    try {
      const copy = client.query(copyTo(`COPY (${select}) TO STDOUT (FORMAT binary)`));
      for await (const chunk of copy) hash.update(chunk as Buffer);
      copies.push({ name, copy, sha256: hash.digest("hex") });
    } catch (cause) {
      throw new Error(`table ${name} cannot be photographed`, { cause });
    }
  }
  // a copy learns its row count only with the message after its data
  await client.query("SELECT");
  for (const { name, copy, sha256 } of copies) into[`table ${name}`] = rowsFact(copy.rowCount, sha256);
}
