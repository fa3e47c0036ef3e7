import type { Ask } from "../dialect.ts";
import type { Setting } from "../schema.ts";
import { textArray } from "./values.ts";

const types: Record<string, Setting["type"]> = {
  bool: "boolean",
  integer: "integer",
  real: "real",
  string: "text",
  enum: "enum",
};

/** ALTER SYSTEM and a reload reach running sessions too, but for what is fixed when they connect. */
const takesEffect: Record<string, Setting["takesEffect"]> = {
  internal: "never",
  postmaster: "restart",
  sighup: "reload",
  superuser: "reload",
  user: "reload",
  "superuser-backend": "new-sessions",
  backend: "new-sessions",
};

/** Our own connection sets a few of them for itself; asked for is what another new session would get. */
export async function listSettings(ask: Ask, names?: readonly string[]): Promise<Setting[]> {
  const rows = await ask(
    `SELECT name, CASE WHEN source = 'session' THEN reset_val ELSE setting END AS setting, unit, context, vartype, min_val, max_val,
            CASE WHEN source <> 'session' THEN source END AS source, boot_val, pg_catalog.to_json(enumvals) AS options
       FROM pg_catalog.pg_settings
      WHERE $1::text[] IS NULL OR lower(name) IN (SELECT lower(wanted) FROM pg_catalog.unnest($1::text[]) wanted)
      ORDER BY name`,
    [names ? textArray(names) : null],
  );
  return rows.map((row) => ({
    name: row["name"]!,
    value: row["setting"] ?? null,
    unit: row["unit"] ?? null,
    type: types[row["vartype"]!] ?? "unknown",
    min: row["min_val"] ?? null,
    max: row["max_val"] ?? null,
    options: row["options"] ? (JSON.parse(row["options"]) as string[]) : null,
    takesEffect: takesEffect[row["context"]!] ?? "unknown",
    adminOnly: row["context"] !== "user" && row["context"] !== "backend",
    source: row["source"] ?? null,
    builtIn: row["boot_val"] ?? null,
    global: row["context"] !== "internal",
  }));
}
