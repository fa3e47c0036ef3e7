import { ChaosError, type Finding } from "@chaos-agents/core";
import type { Database } from "../database.ts";
import type { Ask } from "../dialect.ts";
import type { Setting } from "../schema.ts";
import type { Session } from "../session.ts";
import type { Configuring } from "../skills/config-change.ts";
import { codeOf } from "./errors.ts";
import { settingValue } from "./setting-value.ts";
import { postgresRefuses } from "./settings-refused.ts";
import { literal, quote, textArray } from "./values.ts";

const patienceMs = 15_000;
const pauseMs = 20;

/** `plpgsql.check_asserts` is two names. */
const quotedName = (name: string) => name.split(".").map(quote).join(".");

export const postgresConfiguring: Configuring = {
  refusal: postgresRefuses,

  async foresee(database, setting, value, _mark, signal) {
    const problem = (text: string) => new ChaosError("unsupported", text, { remedy: "Give it another value" });
    const parsed = settingValue(setting, value);
    if ("problem" in parsed) throw problem(parsed.problem);
    try {
      // for this one statement only
      await database.ask("SELECT pg_catalog.set_config($1, $2, true)", [setting.name, value], signal);
    } catch (error) {
      // what only the configuration files may say is checked by ALTER SYSTEM itself
      if (signal.aborted || codeOf(error) === "55P02" || database.refusal(error) !== "value") {
        if (signal.aborted || database.refusal(error) === "connection-lost") throw error;
        return { stored: value, effective: parsed.shown };
      }
      throw problem(`${setting.name} = "${value}": ${(error as Error).message}`);
    }
    return { stored: value, effective: parsed.shown };
  },

  async findings(database, settings, signal) {
    const findings = await missingRights(database, settings, signal);
    findings.push(...stronger(database, settings), ...(await overrides(database, settings, signal)));
    const [allowed] = await database.settings(["allow_alter_system"], signal);
    if (allowed?.value === "off") {
      findings.push({
        level: "error",
        code: "unsupported",
        message: "the server forbids ALTER SYSTEM (allow_alter_system is off)",
      });
    }
    if (findings.some(({ code }) => code === "permission-missing")) return findings;
    return [...findings, ...(await brokenFiles(database, signal))];
  },

  async read(database, param, mark, signal) {
    const [entry] = await database.ask(
      `SELECT name, setting FROM pg_catalog.pg_file_settings
        WHERE lower(name) = lower($1) AND sourcefile LIKE '%/postgresql.auto.conf' ORDER BY seqno DESC LIMIT 1`,
      [param],
      signal,
    );
    await using session = await newSession(database, mark, signal);
    const [seen] = await database.dialect.settings(asking(database, session, signal), [param]);
    return { name: entry?.["name"] ?? param, stored: entry?.["setting"] ?? null, effective: seen?.value ?? null };
  },

  async write(ask, name, value) {
    const to = value === null ? `RESET ${quotedName(name)}` : `SET ${quotedName(name)} = ${literal(value)}`;
    await ask(`ALTER SYSTEM ${to}`);
  },

  async takeHold(database, mark, signal) {
    const [asked] = await database.ask(
      "SELECT pg_catalog.clock_timestamp()::text AS since, pg_catalog.pg_reload_conf()",
      [],
      signal,
    );
    const started = database.clock.monotonic();
    while (!(await hasLoaded(database, asked!["since"]!, mark, signal))) {
      if (database.clock.monotonic() - started > patienceMs) {
        throw new ChaosError("deadline-passed", `${database.label} has not reloaded its settings within 15 s`, {
          remedy: "Look into the server's log for what is wrong in its configuration files",
        });
      }
      await database.clock.sleep(pauseMs, signal);
    }
  },

  startedAt: async () => null,
};

/** A session that knows the settings as any new one does; null when there is no room for another. */
async function newSession(database: Database, mark: string, signal: AbortSignal): Promise<Session | null> {
  try {
    return await database.session(mark, { signal });
  } catch (error) {
    if (database.refusal(error) !== "too-many-connections") throw error;
    return null;
  }
}

/** The control connection reloads too, after the server did. */
const asking = (database: Database, session: Session | null, signal: AbortSignal): Ask =>
  session
    ? (sql, values) => session.query(sql, values, { signal })
    : (sql, values) => database.ask(sql, values, signal);

async function hasLoaded(database: Database, since: string, mark: string, signal: AbortSignal): Promise<boolean> {
  await using session = await newSession(database, mark, signal);
  const [row] = await asking(
    database,
    session,
    signal,
  )("SELECT pg_catalog.pg_conf_load_time() >= $1::timestamptz AS loaded", [since]);
  return row!["loaded"] === "t";
}

async function missingRights(
  database: Database,
  settings: readonly Setting[],
  signal: AbortSignal,
): Promise<Finding[]> {
  const changing = settings.map(({ name }) => ({ right: "change-setting" as const, of: name }));
  const findings = await database.missingPrivileges([...changing, { right: "reload-settings" }], signal);
  const [may] = await database.ask(
    `SELECT pg_catalog.has_table_privilege('pg_catalog.pg_file_settings', 'SELECT') AS view,
            pg_catalog.has_function_privilege('pg_catalog.pg_show_all_file_settings()', 'EXECUTE') AS function`,
    [],
    signal,
  );
  const { user } = database.server;
  const lacks = (what: string, grant: string): Finding => ({
    level: "error",
    code: "permission-missing",
    message: `${user} lacks ${what}, to see what postgresql.auto.conf says now`,
    remedy: `${grant} TO ${quote(user)}`,
  });
  if (may!["view"] !== "t") {
    findings.push(lacks("SELECT on pg_file_settings", "GRANT SELECT ON pg_catalog.pg_file_settings"));
  }
  if (may!["function"] !== "t") {
    const name = "pg_catalog.pg_show_all_file_settings()";
    findings.push(lacks("pg_show_all_file_settings()", `GRANT EXECUTE ON FUNCTION ${name}`));
  }
  return findings;
}

/** Values that stand over what ALTER SYSTEM writes, for us or for everybody: nothing would be seen of the change. */
function stronger(database: Database, settings: readonly Setting[]): Finding[] {
  return settings.flatMap(({ name, source }): Finding[] => {
    const error = (message: string, remedy: string): Finding[] => [
      { level: "error", code: "no-effect", message, remedy },
    ];
    if (source === "command line") {
      return error(`${name} is given on the server's command line, which is stronger`, "Take it off the command line");
    }
    if (source === "client") return error(`${name} is set by connection_url`, `Take ${name} out of connection_url`);
    if (source === "database" || source === "user" || source === "database user") {
      return error(
        `${name} is set for ${database.server.user} or the database, which is stronger`,
        `ALTER ROLE or ALTER DATABASE … RESET ${name}, or connect as another role`,
      );
    }
    return [];
  });
}

async function overrides(database: Database, settings: readonly Setting[], signal: AbortSignal): Promise<Finding[]> {
  const rows = await database.ask(
    `SELECT split_part(entry, '=', 1) AS name,
            concat_ws(' in ', 'role ' || NULLIF(s.setrole, 0)::regrole, 'database ' || d.datname) AS who
       FROM pg_catalog.pg_db_role_setting s LEFT JOIN pg_catalog.pg_database d ON d.oid = s.setdatabase,
            pg_catalog.unnest(s.setconfig) entry
      WHERE lower(split_part(entry, '=', 1)) IN (SELECT lower(name) FROM pg_catalog.unnest($1::text[]) name)`,
    [textArray(settings.map(({ name }) => name))],
    signal,
  );
  return rows.map(({ name, who }) => ({
    level: "warning",
    code: "note",
    message: `${who} has ${name} set for itself, and does not feel the change`,
  }));
}

/** A syntax error or an unknown name in a file stops every reload. */
async function brokenFiles(database: Database, signal: AbortSignal): Promise<Finding[]> {
  const rows = await database.ask(
    `SELECT sourcefile, sourceline, error FROM pg_catalog.pg_file_settings
      WHERE error IS NOT NULL
        AND (name IS NULL OR lower(name) NOT IN (SELECT lower(name) FROM pg_catalog.pg_settings))`,
    [],
    signal,
  );
  return rows.map(({ sourcefile, sourceline, error }) => ({
    level: "error",
    code: "unsupported",
    message: `the server would not reload: ${sourcefile} line ${sourceline}: ${error}`,
    remedy: "Mend the file first",
  }));
}
