import { ChaosError, counted } from "@chaos-agents/core";
import { distance } from "fastest-levenshtein";
import type { Database } from "./database.ts";
import type { Table, TableSummary } from "./schema.ts";

export interface TableChoice {
  /** As in the file: plain, qualified, quoted. None or empty: chosen by us. */
  tables?: readonly string[] | undefined;
  /** How many at most are chosen by us; named ones are all taken. */
  limit?: number | undefined;
  /** Narrows what we choose, never what was named; sees `schema.table` and `table`. */
  matchesFilters: (name: string) => boolean;
  /** Why a table will not do, or undefined. Ours are passed over then; a named one is an `unsupported` error. */
  unsuitable?: ((table: Table) => string | undefined) | undefined;
  /** Also what is locked just now, and can be seen in part only. */
  evenLocked?: boolean;
  signal: AbortSignal;
}

const describedAtOnce = 50;

/**
 * The tables a skill will touch: those that were named, or else the largest that suit. Throws `nothing-matched`, with the
 * nearest names, when one does not exist or none is left.
 */
export async function chooseTables(database: Database, asked: TableChoice): Promise<Table[]> {
  const locked = (table: Table) => (asked.evenLocked ? undefined : table.unseen?.why);
  const choice = { ...asked, unsuitable: (table: Table) => locked(table) ?? asked.unsuitable?.(table) };
  return choice.tables && choice.tables.length > 0 ? namedTables(database, choice) : ownChoice(database, choice);
}

/** `shop.orders` as people read it, also the key of a thing. */
export const tableKey = ({ schema, name }: { schema: string; name: string }): string => `${schema}.${name}`;

async function namedTables(database: Database, { tables, unsuitable, signal }: TableChoice): Promise<Table[]> {
  const known = await database.tables(signal);
  const found: TableSummary[] = [];
  for (const text of tables!) {
    const table = await findTable(database, known, text, signal);
    if (!found.some((other) => tableKey(other) === tableKey(table))) found.push(table);
  }
  const described = await database.describe(found, signal);
  for (const table of described) {
    const reason = unsuitable?.(table);
    if (reason)
      throw new ChaosError("unsupported", `${tableKey(table)} will not do: ${reason}`, {
        remedy: reason === table.unseen?.why ? "End that session, or name other tables" : "Name other tables",
      });
  }
  return described;
}

async function ownChoice(database: Database, choice: TableChoice): Promise<Table[]> {
  const { limit = Infinity, matchesFilters, unsuitable, signal } = choice;
  const whole = (await database.tables(signal)).filter((table) => table.partOf === null);
  const candidates = whole
    .filter((table) => matchesFilters(tableKey(table)) || matchesFilters(table.name))
    .toSorted(
      (a, b) =>
        (b.bytes ?? 0) - (a.bytes ?? 0) || (b.rows ?? 0) - (a.rows ?? 0) || tableKey(a).localeCompare(tableKey(b)),
    );
  const chosen: Table[] = [];
  const reasons: string[] = [];
  for (let from = 0; from < candidates.length && chosen.length < limit; from += describedAtOnce) {
    for (const table of await database.describe(candidates.slice(from, from + describedAtOnce), signal)) {
      const reason = unsuitable?.(table);
      if (reason) reasons.push(`${tableKey(table)}: ${reason}`);
      else if (chosen.length < limit) chosen.push(table);
    }
  }
  if (chosen.length > 0) return chosen;
  const what =
    whole.length === 0
      ? `${database.label} has no tables we may look at`
      : candidates.length === 0
        ? `none of ${counted(whole.length, "table")} of ${database.label} passes resource_filters`
        : `none of the tables will do: ${reasons.slice(0, 5).join("; ")}`;
  throw new ChaosError("nothing-matched", what, { remedy: "Name tables, or widen schemas and resource_filters" });
}

async function findTable(
  database: Database,
  known: readonly TableSummary[],
  text: string,
  signal: AbortSignal,
): Promise<TableSummary> {
  const fold = (text: string) => database.dialect.fold(text);
  const parts = nameParts(text);
  const [schema, name] = parts.length > 1 ? [parts.at(-2)!, parts.at(-1)!] : [undefined, parts[0]!];
  let pool = [...known];
  const asked = schema && (schema.quoted ? schema.text : fold(schema.text));
  const looksElsewhere = asked !== undefined && !known.some((table) => table.schema === asked);
  if (looksElsewhere && !database.configuredSchemas) {
    pool.push(...(await database.tables(signal, [asked, schema!.text])));
  }

  // the whole text may be one name, dots and all; then as written; then as the server folds it
  const exact = pool.filter((table) => table.name === text);
  const matches = (part: NamePart | undefined, value: string, folded: boolean) =>
    part === undefined || (folded && !part.quoted ? fold(part.text) : part.text) === value;
  const asWritten = pool.filter((t) => matches(name, t.name, false) && matches(schema, t.schema, false));
  const asFolded = pool.filter((t) => matches(name, t.name, true) && matches(schema, t.schema, true));
  const candidates = [exact, asWritten, asFolded].find((list) => list.length > 0) ?? [];
  const inDefault = candidates.find((table) => table.schema === database.server.defaultSchema);
  const one = candidates.length === 1 ? candidates[0] : inDefault;
  if (one) return one;
  if (candidates.length > 1) {
    throw new ChaosError("nothing-matched", `"${text}" is the name of several tables`, {
      remedy: `Write which one: ${candidates.map(tableKey).join(", ")}`,
    });
  }
  const near = nearest(text, known.map(tableKey));
  throw new ChaosError("nothing-matched", `${database.label} has no table "${text}" that we may look at`, {
    remedy: near.length > 0 ? `Did you mean ${near.join(" or ")}?` : "chaos discover lists the tables there are",
    facts: { table: text, nearest: near },
  });
}

interface NamePart {
  text: string;
  quoted: boolean;
}

/** Splits a.b at its dots, but not inside "…" or `…`. */
function nameParts(text: string): NamePart[] {
  const pieces = text.matchAll(/"((?:[^"]|"")*)"|`((?:[^`]|``)*)`|([^."`]+)/g);
  const parts = [...pieces].map(([, double, back, plain]) => ({
    text: double?.replaceAll('""', '"') ?? back?.replaceAll("``", "`") ?? plain!,
    quoted: plain === undefined,
  }));
  return parts.length > 0 ? parts : [{ text, quoted: false }];
}

function nearest(text: string, keys: readonly string[]): string[] {
  const wanted = text.replaceAll(/["`]/g, "").toLowerCase();
  const far = (key: string) => {
    const whole = key.toLowerCase();
    return Math.min(distance(wanted, whole), distance(wanted, whole.slice(whole.indexOf(".") + 1)));
  };
  const allowed = Math.max(2, Math.floor(wanted.length / 3));
  return keys
    .map((key) => ({ key, far: far(key) }))
    .filter((one) => one.far <= allowed)
    .toSorted((a, b) => a.far - b.far)
    .slice(0, 3)
    .map(({ key }) => key);
}
