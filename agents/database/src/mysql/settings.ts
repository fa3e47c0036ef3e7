import type { Ask, Server } from "../dialect.ts";
import type { Setting } from "../schema.ts";
import type { Row } from "../session.ts";
import { refuses } from "./errors.ts";
import { places } from "./tables.ts";

export async function listSettings(ask: Ask, server: Server, names?: readonly string[]): Promise<Setting[]> {
  if (names?.length === 0) return [];
  const wanted = names?.map((name) => name.toLowerCase()) ?? [];
  return server.product === "MariaDB" ? mariadbSettings(ask, wanted) : mysqlSettings(ask, wanted);
}

async function mariadbSettings(ask: Ask, names: readonly string[]): Promise<Setting[]> {
  const rows = await ask(
    `SELECT LOWER(variable_name) AS name, global_value AS value, variable_type AS type, variable_scope AS scope,
            numeric_min_value AS low, numeric_max_value AS high, enum_value_list AS words, read_only AS fixed,
            global_value_origin AS origin, default_value AS built_in
       FROM information_schema.system_variables ${names.length > 0 ? `WHERE LOWER(variable_name) IN ${places(names)}` : ""}
      ORDER BY 1`,
    names,
  );
  return rows.map((row) => ({
    name: row["name"]!,
    value: row["value"] ?? null,
    unit: null,
    type: mariadbType(row),
    min: row["low"] ?? null,
    max: row["high"] ?? null,
    options: row["words"]?.split(",") ?? null,
    takesEffect: row["fixed"] === "YES" ? "restart" : row["scope"] === "GLOBAL" ? "at-once" : "new-sessions",
    adminOnly: row["scope"] === "GLOBAL",
    source: row["origin"]?.toLowerCase() ?? null,
    builtIn: row["built_in"] ?? null,
    global: row["scope"] !== "SESSION ONLY",
  }));
}

function mariadbType(row: Row): Setting["type"] {
  const type = row["type"] ?? "";
  if (type === "BOOLEAN") return "boolean";
  if (/INT/.test(type)) return "integer";
  if (type === "DOUBLE") return "real";
  if (type === "ENUM") return "enum";
  return "text";
}

/** MySQL tells what a variable is, but not whether it may be changed while it runs: trying tells. */
async function mysqlSettings(ask: Ask, names: readonly string[]): Promise<Setting[]> {
  const wanted = names.length > 0 ? `WHERE LOWER(g.variable_name) IN ${places(names)}` : "";
  const sessionNames = new Set((await ask("SHOW SESSION VARIABLES")).map((row) => row["Variable_name"]!.toLowerCase()));
  let rows: Row[];
  try {
    rows = await ask(
      `SELECT LOWER(g.variable_name) AS name, g.variable_value AS value, i.variable_source AS source, i.min_value AS low,
              i.max_value AS high
         FROM performance_schema.global_variables g
         LEFT JOIN performance_schema.variables_info i USING (variable_name) ${wanted} ORDER BY 1`,
      names,
    );
  } catch (error) {
    if (!refuses(error, "permission")) throw error;
    const all = await ask("SHOW GLOBAL VARIABLES");
    rows = all
      .map((row) => ({ name: row["Variable_name"]!.toLowerCase(), value: row["Value"] ?? null }))
      .filter((row) => names.length === 0 || names.includes(row.name));
  }
  return rows.map((row) => ({
    name: row["name"]!,
    value: row["value"] ?? null,
    unit: null,
    type: "unknown",
    min: row["low"] ?? null,
    max: row["high"] ?? null,
    options: null,
    takesEffect: "unknown",
    adminOnly: !sessionNames.has(row["name"]!),
    source: row["source"]?.toLowerCase() ?? null,
    builtIn: null,
    global: true,
  }));
}
