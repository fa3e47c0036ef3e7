import { ChaosError } from "@chaos-agents/core";
import { chooseTables, tableKey } from "./choose-tables.ts";
import type { Database } from "./database.ts";
import type { Index, Table } from "./schema.ts";

export interface IndexOf {
  table: Table;
  index: Index;
}

interface IndexChoice {
  tables?: readonly string[] | undefined;
  /** Named ones are all taken. */
  indexes?: readonly string[] | undefined;
  /** How many at most are chosen by us. */
  limit: number;
  matchesFilters: (name: string) => boolean;
  refusals: (tables: readonly Table[]) => Promise<(table: Table, index: Index) => string | undefined>;
  signal: AbortSignal;
}

/** The indexes that were named, or else the largest that nothing but speed depends on. Throws `nothing-matched`, `unsupported`. */
export async function chooseIndexes(database: Database, choice: IndexChoice): Promise<IndexOf[]> {
  const { tables, indexes, limit, matchesFilters, signal } = choice;
  const described = await chooseTables(database, { tables, matchesFilters: () => true, signal });
  const refusal = await choice.refusals(described);
  const all = described.flatMap((table) => table.indexes.map((index) => ({ table, index })));
  const reason = ({ table, index }: IndexOf) => unsuitable(index) ?? refusal(table, index);
  if (indexes && indexes.length > 0) return named(database, all, indexes, reason);

  const filtered = all.filter(
    ({ table, index }) =>
      matchesFilters(index.name) ||
      (!tables?.length && (matchesFilters(tableKey(table)) || matchesFilters(table.name))),
  );
  const chosen = filtered
    .filter((one) => reason(one) === undefined)
    .toSorted(
      (a, b) =>
        (b.index.bytes ?? b.table.bytes ?? 0) - (a.index.bytes ?? a.table.bytes ?? 0) ||
        nameOf(a).localeCompare(nameOf(b)),
    )
    .slice(0, limit);
  if (chosen.length > 0) return chosen;
  const where = tables?.length ? `on ${tables.join(", ")}` : `in ${database.label}`;
  const reasons = filtered.map((one) => `${nameOf(one)}: ${reason(one)}`).slice(0, 5);
  throw new ChaosError(
    "nothing-matched",
    `no index ${where} will do${reasons.length > 0 ? `: ${reasons.join("; ")}` : ""}`,
    { remedy: "Name indexes that nothing but speed depends on, or widen tables and resource_filters" },
  );
}

function unsuitable({ primary, unique, constraint, valid, visible }: Index): string | undefined {
  if (primary) return "it is the primary key";
  if (unique) return "it keeps values unique";
  if (constraint !== null) return `the constraint ${constraint} stands on it`;
  if (!valid) return "it is invalid already";
  return visible ? undefined : "it is hidden already";
}

const nameOf = ({ table, index }: IndexOf) => `${tableKey(table)}.${index.name}`;

function named(
  database: Database,
  all: readonly IndexOf[],
  texts: readonly string[],
  reason: (one: IndexOf) => string | undefined,
): IndexOf[] {
  const found = new Set<IndexOf>();
  for (const text of texts) {
    const one = find(database, all, text);
    const why = reason(one);
    if (why)
      throw new ChaosError("unsupported", `${nameOf(one)} will not do: ${why}`, { remedy: "Name other indexes" });
    found.add(one);
  }
  return [...found];
}

function find(database: Database, all: readonly IndexOf[], text: string): IndexOf {
  const { dialect, server, label } = database;
  const written = ({ table, index }: IndexOf) => [
    index.name,
    `${table.name}.${index.name}`,
    `${table.schema}.${index.name}`,
    nameOf({ table, index }),
  ];
  const is = (wanted: string) => all.filter((one) => written(one).includes(wanted));
  const matches =
    [text, text.replaceAll(/["`]/g, ""), dialect.fold(text)].map(is).find((list) => list.length > 0) ?? [];
  const inDefault = matches.filter(({ table }) => table.schema === server.defaultSchema);
  const one = matches.length === 1 ? matches[0] : inDefault.length === 1 ? inDefault[0] : undefined;
  if (one) return one;
  if (matches.length > 1) {
    throw new ChaosError("nothing-matched", `"${text}" is the name of several indexes`, {
      remedy: `Write which one: ${matches.map(nameOf).join(", ")}`,
    });
  }
  throw new ChaosError("nothing-matched", `${label} has no index "${text}" that we may look at`, {
    remedy: all.length > 0 ? `There are, among others: ${all.slice(0, 5).map(nameOf).join(", ")}` : "Name other tables",
  });
}
