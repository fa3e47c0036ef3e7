import { createConnection } from "mysql2";
import type { Connection } from "mysql2/promise";
import { quoteName } from "../servers/database-admin.ts";
import { lockPatienceSeconds, noFacts, type Photograph, type PhotographOptions } from "./facts.ts";
import { ask } from "./mysql-ask.ts";
import { mysqlMoment } from "./mysql-moment.ts";
import { mysqlRows } from "./mysql-rows.ts";

const quote = quoteName.mysql;

/** Settings that move by themselves. */
const restless = /^(gtid_|timestamp$|identity$|insert_id$|last_insert_id$|pseudo_|rand_seed|error_count|warning_count)/;

export async function photographMysql(url: string, options: PhotographOptions): Promise<Photograph> {
  options.signal?.throwIfAborted();
  const core = createConnection({
    uri: url,
    charset: "utf8mb4_bin",
    timezone: "Z",
    dateStrings: true,
    supportBigNumbers: true,
    bigNumberStrings: true,
  });
  core.on("error", () => {});
  const connection = core.promise();
  const abort = () => connection.destroy();
  options.signal?.addEventListener("abort", abort);
  try {
    await connection.query(
      `SET SESSION time_zone = '+00:00', sql_mode = '', lock_wait_timeout = ${lockPatienceSeconds}, innodb_lock_wait_timeout = ${lockPatienceSeconds}`,
    );
    const database = String((await ask(connection, "SELECT DATABASE() AS d"))[0]!["d"]);
    const scope = options.scope ?? "database";
    const facts = noFacts();
    await mysqlMoment(connection, scope, facts);
    await schema(connection, database, facts);
    await grants(connection, scope === "server" ? undefined : database, facts.grants);
    for (const row of await ask(connection, "SHOW GLOBAL VARIABLES")) {
      const name = String(row["Variable_name"]);
      if (!restless.test(name)) facts.settings[`setting ${name}`] = String(row["Value"]);
    }
    await persisted(connection, facts.settings);
    await mysqlRows(core, url, database, facts.rows, options.signal);
    return { engine: "mysql", database, facts };
  } finally {
    options.signal?.removeEventListener("abort", abort);
    await connection.end().catch(() => connection.destroy());
  }
}

async function schema(connection: Connection, database: string, facts: Photograph["facts"]): Promise<void> {
  const show = async (kind: string, name: string, full = `${quote(database)}.${quote(name)}`) => {
    const [row] = await ask(connection, `SHOW CREATE ${kind} ${full}`);
    const parts = Object.entries(row!).filter(([key]) => /^(Create |SQL Original Statement|sql_mode)/i.test(key));
    return parts.map(([, text]) => String(text)).join("\n");
  };
  facts.schema[`database ${database}`] = await show("DATABASE", database, quote(database));

  for (const table of await ask(connection, "SHOW FULL TABLES")) {
    const [name, kind] = Object.values(table).map(String) as [string, string];
    const text = await show(kind === "VIEW" ? "VIEW" : "TABLE", name);
    const next = / AUTO_INCREMENT=(\d+)/.exec(text);
    facts.schema[`${kind === "VIEW" ? "view" : "table"} ${name}`] = text.replace(next?.[0] ?? "", "");
    if (next) facts.sequences[`auto_increment of ${name}`] = next[1]!;
    if (kind !== "SEQUENCE") continue;
    const [state] = await ask(connection, `SELECT next_not_cached_value AS next FROM ${quote(name)}`);
    facts.sequences[`sequence ${name}`] = String(state!["next"]);
  }
  const others = await ask(
    connection,
    `SELECT 'TRIGGER' AS kind, trigger_name AS name FROM information_schema.triggers WHERE trigger_schema = ?
     UNION ALL SELECT routine_type, routine_name FROM information_schema.routines WHERE routine_schema = ?
     UNION ALL SELECT 'EVENT', event_name FROM information_schema.events WHERE event_schema = ?`,
    [database, database, database],
  );
  for (const { kind, name } of others) {
    facts.schema[`${String(kind).toLowerCase()} ${name}`] = await show(String(kind), String(name));
  }
}

/** All accounts, or those that have to do with one database. */
async function grants(
  connection: Connection,
  database: string | undefined,
  into: Record<string, string>,
): Promise<void> {
  const [me] = await ask(connection, "SELECT CURRENT_USER() AS me");
  for (const { user, host } of await ask(connection, "SELECT user AS user, host AS host FROM mysql.user")) {
    const account = host === "" ? connection.escape(user) : `${connection.escape(user)}@${connection.escape(host)}`;
    const lines = (await ask(connection, `SHOW GRANTS FOR ${account}`)).map((row) => String(Object.values(row)[0]));
    const named = lines.some((line) => line.replaceAll("\\", "").includes(` ON ${quote(database ?? "")}.`));
    if (database !== undefined && !named && `${user}@${host}` !== me!["me"]) continue;
    const created = host === "" ? [] : await ask(connection, `SHOW CREATE USER ${account}`);
    into[`account ${user}@${host}`] = [...created.map((row) => String(Object.values(row)[0])), ...lines.sort()].join(
      "; ",
    );
  }
}

/** MySQL keeps `SET PERSIST` in a file of its own; MariaDB has no such thing. */
async function persisted(connection: Connection, into: Record<string, string>): Promise<void> {
  const [there] = await ask(
    connection,
    "SELECT 1 FROM information_schema.tables WHERE table_schema = 'performance_schema' AND table_name = 'persisted_variables'",
  );
  if (!there) return;
  for (const row of await ask(connection, "SELECT * FROM performance_schema.persisted_variables")) {
    const [name, value] = Object.values(row).map(String) as [string, string];
    into[`persisted setting ${name}`] = value;
  }
}
