import { ChaosError, type Finding } from "@chaos-agents/core";
import type { Database } from "../database.ts";
import type { Setting } from "../schema.ts";
import type { Row } from "../session.ts";
import type { Configuring } from "../skills/config-change.ts";
import { isNumber, settingValue } from "./setting-value.ts";
import { mysqlRefuses } from "./settings-refused.ts";
import { literal, quote } from "./values.ts";

const variable = (scope: "GLOBAL" | "SESSION", name: string) => `@@${scope}.${name.split(".").map(quote).join(".")}`;
const errnoOf = (error: unknown): number | undefined => (error as { errno?: number } | null)?.errno;

const wrongType = 1232;
/** Has no value per session, or none that a session may set. */
const notPerSession = new Set([1228, 1229, 1238, 1621]);

export const mysqlConfiguring: Configuring = {
  refusal: mysqlRefuses,

  async foresee(database, setting, value, mark, signal) {
    const current = await globalValue(database, setting.name, signal);
    const parsed = settingValue(setting, value, {
      blockSize: await blockSize(database, setting.name, signal),
      current,
    });
    if ("problem" in parsed) throw new ChaosError("unsupported", parsed.problem, { remedy: "Give it another value" });
    const tried = setting.adminOnly ? undefined : await tryInSession(database, setting, parsed.shown, mark, signal);
    const shown = tried ?? parsed.shown;
    return { stored: shown, effective: shown };
  },

  async findings(database, settings, signal) {
    const needs = settings.map(({ name }) => ({ right: "change-setting" as const, of: name }));
    const findings: Finding[] = await database.missingPrivileges(needs, signal);
    for (const { name, takesEffect } of settings) {
      if (takesEffect !== "new-sessions") continue;
      findings.push({ level: "info", code: "note", message: `sessions already open keep their own ${name}` });
    }
    return findings;
  },

  async read(database, param, _mark, signal) {
    const value = await globalValue(database, param, signal);
    return { name: param, stored: value, effective: value };
  },

  async write(ask, name, value) {
    const set = (to: string) => ask(`SET ${variable("GLOBAL", name)} = ${to}`);
    if (value === null) return void (await set("NULL"));
    if (!isNumber(value)) return void (await set(literal(value)));
    try {
      await set(value);
    } catch (error) {
      // a text that looks like a number
      if (errnoOf(error) !== wrongType) throw error;
      await set(literal(value));
    }
  },

  takeHold: async () => {},

  async startedAt(database, signal) {
    const [uptime] = await database.ask("SHOW GLOBAL STATUS LIKE 'Uptime'", [], signal);
    const [now] = await database.ask("SELECT UNIX_TIMESTAMP() AS now", [], signal);
    return Number(now!["now"]) - Number(uptime!["Value"]);
  },
};

async function globalValue(database: Database, name: string, signal: AbortSignal): Promise<string | null> {
  const [row] = await database.ask(`SELECT ${variable("GLOBAL", name)} AS value`, [], signal);
  return row?.["value"] ?? null;
}

/** Numbers are rounded down to whole blocks; MariaDB tells their size. */
async function blockSize(database: Database, name: string, signal: AbortSignal): Promise<number> {
  if (database.server.product !== "MariaDB") return 1;
  const sql = "SELECT numeric_block_size AS size FROM information_schema.system_variables WHERE variable_name = ?";
  const [row] = await database.ask(sql, [name], signal);
  return Number(row?.["size"] ?? 1);
}

/** What the server makes of a value, tried out on a session of our own; undefined where only the global one can be set. */
async function tryInSession(
  database: Database,
  setting: Setting,
  value: string,
  mark: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  await using session = await database.session(mark, { signal });
  const set = (to: string) => session.query(`SET ${variable("SESSION", setting.name)} = ${to}`, [], { signal });
  try {
    await (isNumber(value)
      ? set(value).catch((error: unknown) => retyped(error, () => set(literal(value))))
      : set(literal(value)));
  } catch (error) {
    const refusal = database.refusal(error);
    if (notPerSession.has(errnoOf(error) ?? 0) || refusal === "permission") return undefined;
    if (signal.aborted || refusal === "connection-lost") throw error;
    throw new ChaosError("unsupported", `${setting.name} = "${value}": ${(error as Error).message}`, {
      remedy: "Give it another value",
      cause: error,
    });
  }
  try {
    const [row] = await session.query(`SELECT ${variable("SESSION", setting.name)} AS value`, [], { signal });
    return row?.["value"] ?? undefined;
  } catch (error) {
    // a session under such a setting may be good for nothing
    if (signal.aborted) throw error;
    return undefined;
  }
}

function retyped(error: unknown, again: () => Promise<Row[]>): Promise<Row[]> {
  if (errnoOf(error) !== wrongType) throw error;
  return again();
}
