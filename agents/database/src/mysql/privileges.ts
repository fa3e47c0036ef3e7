import type { Ask, MissingRight, Need, Server } from "../dialect.ts";
import { mysqlValues } from "./values.ts";

const tableRights = {
  select: "SELECT",
  insert: "INSERT",
  update: "UPDATE",
  delete: "DELETE",
  lock: "LOCK TABLES",
  own: "ALTER",
} as const;

/** What we were granted: on everything, by schema pattern, by table. */
interface Granted {
  everywhere: Set<string>;
  schemas: { pattern: string; right: string }[];
  tables: { schema: string; table: string; right: string }[];
}

export async function missingRights(ask: Ask, server: Server, needs: readonly Need[]): Promise<MissingRight[]> {
  const granted = await readGrants(ask);
  return needs.flatMap((need) => {
    const missing = "table" in need ? missingOnTable(granted, server, need) : missingOnServer(granted, server, need);
    return missing ? [missing] : [];
  });
}

async function readGrants(ask: Ask): Promise<Granted> {
  const grants: Granted = { everywhere: new Set(), schemas: [], tables: [] };
  for (const row of await ask("SHOW GRANTS")) {
    const [, rights, on] = /^GRANT (.+?) ON (?:TABLE )?(.+?) TO /.exec(Object.values(row)[0] ?? "") ?? [];
    if (rights === undefined || on === undefined) continue;
    const [schema, table] = on === "*.*" ? ["*", "*"] : nameParts(on);
    // a right on some columns only, as in SELECT (id), is not one on the table
    for (const right of rights.split(/, (?![^(]*\))/).map((word) => word.replace(/^ALL PRIVILEGES$/, "ALL"))) {
      if (schema === "*") grants.everywhere.add(right);
      else if (table === "*") grants.schemas.push({ pattern: schema!, right });
      else grants.tables.push({ schema: schema!, table: table!, right });
    }
  }
  return grants;
}

/** The names of `db`.`table` or `db`.*, unquoted. */
const nameParts = (text: string): string[] =>
  [...text.matchAll(/`((?:[^`]|``)*)`|(\*)/g)].map(([, quoted, star]) => star ?? quoted!.replaceAll("``", "`"));

/** Schemas are granted by pattern: % and _ stand for anything, unless escaped. */
function schemaMatches(pattern: string, schema: string): boolean {
  const source = pattern.replace(/\\([%_])|([%_])|[^\\%_]+|\\/g, (part, escaped?: string, wild?: string) => {
    if (wild !== undefined) return wild === "%" ? ".*" : ".";
    return RegExp.escape(escaped ?? part);
  });
  return new RegExp(`^${source}$`, "s").test(schema);
}

function missingOnTable(
  granted: Granted,
  server: Server,
  need: Extract<Need, { table: unknown }>,
): MissingRight | undefined {
  const right = tableRights[need.right];
  const is = (other: string) => other === right || other === "ALL";
  const { schema, name } = need.table;
  if ([...granted.everywhere].some(is)) return undefined;
  if (granted.schemas.some((grant) => is(grant.right) && schemaMatches(grant.pattern, schema))) return undefined;
  if (granted.tables.some((grant) => is(grant.right) && grant.schema === schema && grant.table === name))
    return undefined;
  // locking is granted by schema only
  const on = need.right === "lock" ? `${mysqlValues.quote(schema)}.*` : mysqlValues.table(need.table);
  return { need, what: `${right} on ${on}`, grant: `GRANT ${right} ON ${on} TO ${account(server)}` };
}

const serverRights: Record<string, { maria: string[]; mysql: string[] }> = {
  "see-sessions": { maria: ["PROCESS"], mysql: ["PROCESS"] },
  "end-sessions": { maria: ["CONNECTION ADMIN", "SUPER"], mysql: ["CONNECTION_ADMIN", "SUPER"] },
  "change-setting": { maria: ["SUPER"], mysql: ["SYSTEM_VARIABLES_ADMIN", "SUPER"] },
};

function missingOnServer(
  granted: Granted,
  server: Server,
  need: Exclude<Need, { table: unknown }>,
): MissingRight | undefined {
  const rights = serverRights[need.right]?.[server.product === "MariaDB" ? "maria" : "mysql"];
  if (!rights || [...rights, "ALL"].some((right) => granted.everywhere.has(right))) return undefined;
  return { need, what: rights.join(" or "), grant: `GRANT ${rights[0]} ON *.* TO ${account(server)}` };
}

function account(server: Server): string {
  const at = server.user.lastIndexOf("@");
  return `${mysqlValues.literal(server.user.slice(0, at))}@${mysqlValues.literal(server.user.slice(at + 1))}`;
}
