import type { Ask, MissingRight, Need, Server } from "../dialect.ts";
import { postgresValues, quote } from "./values.ts";

const grantable = { select: "SELECT", insert: "INSERT", update: "UPDATE", delete: "DELETE", lock: "UPDATE" } as const;

export async function missingRights(ask: Ask, server: Server, needs: readonly Need[]): Promise<MissingRight[]> {
  const missing: MissingRight[] = [];
  for (const need of needs) {
    const found = "table" in need ? await missingOnTable(ask, server, need) : await missingOnServer(ask, server, need);
    missing.push(...found);
  }
  return missing;
}

async function missingOnTable(
  ask: Ask,
  server: Server,
  need: Extract<Need, { table: unknown }>,
): Promise<MissingRight[]> {
  const table = postgresValues.table(need.table);
  const [row] = await ask(
    `SELECT pg_catalog.has_schema_privilege(n.oid, 'USAGE') AS usage, pg_catalog.pg_get_userbyid(c.relowner) AS owner,
            pg_catalog.pg_has_role(c.relowner, 'USAGE') AS own,
            pg_catalog.has_table_privilege(c.oid, 'SELECT') AS select, pg_catalog.has_table_privilege(c.oid, 'INSERT') AS insert,
            pg_catalog.has_table_privilege(c.oid, 'UPDATE') AS update, pg_catalog.has_table_privilege(c.oid, 'DELETE') AS delete,
            pg_catalog.has_table_privilege(c.oid, 'UPDATE, DELETE, TRUNCATE') AS lock
       FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = $1 AND c.relname = $2`,
    [need.table.schema, need.table.name],
  );
  if (!row) return [];
  const missing: MissingRight[] = [];
  const user = quote(server.user);
  if (row["usage"] !== "t") {
    const schema = quote(need.table.schema);
    missing.push({ need, what: `USAGE on schema ${schema}`, grant: `GRANT USAGE ON SCHEMA ${schema} TO ${user}` });
  }
  if (row[need.right] === "t") return missing;
  if (need.right === "own") {
    missing.push({ need, what: `ownership of ${table}`, grant: `GRANT ${quote(row["owner"]!)} TO ${user}` });
  } else {
    const right = grantable[need.right];
    const what = need.right === "lock" ? `UPDATE, DELETE or TRUNCATE on ${table}, to lock it` : `${right} on ${table}`;
    missing.push({ need, what, grant: `GRANT ${right} ON ${table} TO ${user}` });
  }
  return missing;
}

async function missingOnServer(
  ask: Ask,
  server: Server,
  need: Exclude<Need, { table: unknown }>,
): Promise<MissingRight[]> {
  if (server.isAdmin) return [];
  const user = quote(server.user);
  const granted = async (sql: string) => (await ask(`SELECT ${sql} AS granted`))[0]?.["granted"] === "t";
  switch (need.right) {
    case "see-sessions":
      if (await granted("pg_catalog.pg_has_role('pg_read_all_stats', 'USAGE')")) return [];
      return [{ need, what: "seeing other users' sessions", grant: `GRANT pg_read_all_stats TO ${user}` }];
    case "end-sessions":
      if (await granted("pg_catalog.pg_has_role('pg_signal_backend', 'USAGE')")) return [];
      return [{ need, what: "ending other users' sessions", grant: `GRANT pg_signal_backend TO ${user}` }];
    case "reload-settings":
      if (await granted("pg_catalog.has_function_privilege('pg_catalog.pg_reload_conf()', 'EXECUTE')")) return [];
      return [
        { need, what: "reloading settings", grant: `GRANT EXECUTE ON FUNCTION pg_catalog.pg_reload_conf() TO ${user}` },
      ];
    case "change-setting": {
      const what = need.of ? `ALTER SYSTEM on ${need.of}` : "ALTER SYSTEM";
      if (server.number < 150_000 || !need.of) return [{ need, what, grant: `ALTER ROLE ${user} SUPERUSER` }];
      const [row] = await ask("SELECT pg_catalog.has_parameter_privilege($1, 'ALTER SYSTEM') AS granted", [need.of]);
      if (row?.["granted"] === "t") return [];
      return [{ need, what, grant: `GRANT ALTER SYSTEM ON PARAMETER ${need.of} TO ${user}` }];
    }
  }
}
