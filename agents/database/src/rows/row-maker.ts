import type { Random } from "@chaos-agents/core";
import type { Column, Index, Table } from "../schema.ts";
import { type ValueMaker, hexForm, inventValue, randomHex, randomText, uuidFrom } from "./fresh-values.ts";

/** How the rows of one batch can be found again by an index: all keys between two values, or all that start alike. */
export interface KeySpan {
  column: string;
  /** Inclusive pairs in the column's own order; texts as the server reads them. */
  between?: [string, string][];
  prefix?: string;
}

export interface RowSources {
  table: Table;
  random: Random;
  /** Existing rows, values in the order of `writableColumns`; may be empty. */
  samples: readonly (readonly (string | null)[])[];
  /** Existing keys of the tables our foreign keys point to, by the key's name; only used where there are no samples. */
  parents: ReadonlyMap<string, readonly (readonly (string | null)[])[]>;
  /** Where unused numbers start, for unique number columns without a sequence. */
  freeFrom: ReadonlyMap<string, bigint>;
}

/** Columns a client may write, in the table's order. */
export const writableColumns = (table: Table): Column[] => table.columns.filter((column) => column.generated === null);

/** The column whose values the server hands out and that identifies a row by itself, or undefined. */
export function countedKey(table: Table): Column | undefined {
  if (table.primaryKey.length !== 1) return undefined;
  const key = table.columns.find(({ name }) => name === table.primaryKey[0])!;
  return key.kind === "integer" && (key.identity !== null || /nextval\(/.test(key.default ?? "")) ? key : undefined;
}

/** Columns that must be new in every row, so that no unique index refuses it: one of each unique index. */
export function freshColumns(table: Table): Set<string> {
  const fresh = new Set<string>(countedKey(table) ? [countedKey(table)!.name] : []);
  const ease = ["uuid", "integer", "text", "binary", "decimal", "float", "timestamp", "date", "network"];
  const byName = new Map(table.columns.map((column) => [column.name, column]));
  const pointing = new Set(table.foreignKeys.flatMap(({ columns }) => columns));
  for (const index of table.indexes.filter(({ unique }) => unique)) {
    const candidates = index.columns.filter((name): name is string => name !== null && byName.has(name));
    if (candidates.some((name) => fresh.has(name))) continue;
    const rank = (name: string) => {
      const at = ease.indexOf(byName.get(name)!.kind);
      return (pointing.has(name) ? 200 : 0) + (byName.get(name)!.generated ? 100 : 0) + (at < 0 ? 50 : at);
    };
    const best = candidates.sort((a, b) => rank(a) - rank(b))[0];
    if (best !== undefined && !byName.get(best)!.generated) fresh.add(best);
  }
  return fresh;
}

/** One batch of new rows, and how to find them again. */
export interface Batch {
  columns: Column[];
  /** The nth row, counted from 0; deterministic neither across batches nor calls. */
  row(n: number): (string | null)[];
  /** Null where nothing but the rows themselves tells. */
  key: KeySpan | null;
}

/**
 * Plans a batch. Rows copy an existing row where there is one, so that checks, references and domains hold by themselves;
 * columns that must be unique get fresh values, and free-standing columns get new ones. `counted` are the values drawn from the key's sequence.
 */
export function planBatch(
  sources: RowSources,
  size: number,
  offset: number,
  counted: readonly [bigint, bigint][] | null,
): Batch {
  const { table, random, samples } = sources;
  const columns = writableColumns(table);
  const fresh = freshColumns(table);
  const bound = boundColumns(table);
  const tag = randomText(random, 6);
  const prefix = randomHex(random, 6);
  let base: readonly (string | null)[] = [];
  let parents = new Map<string, readonly (string | null)[]>();
  const makers = columns.map((column, position): ValueMaker => {
    if (counted && column.name === countedKey(table)?.name) return fromRanges(counted);
    if (fresh.has(column.name))
      return (
        freshValue(column, { tag, prefix, random, offset, from: sources.freeFrom.get(column.name) }) ?? copied(position)
      );
    const reference = table.foreignKeys.find((key) => key.columns.includes(column.name));
    if (samples.length > 0) return bound.has(column.name) ? copied(position) : varied(column, position);
    if (reference) {
      const at = reference.columns.indexOf(column.name);
      return () => parents.get(reference.name)?.[at] ?? null;
    }
    return invented(column);
  });
  const identifying = table.primaryKey.length === 1 ? table.primaryKey[0]! : undefined;
  return {
    columns,
    row(n) {
      base = samples.length > 0 ? samples[random.below(samples.length)]! : [];
      parents = new Map([...sources.parents].map(([name, keys]) => [name, keys[random.below(keys.length)] ?? []]));
      return makers.map((make) => make(n));
    },
    key: identifying === undefined ? null : spanOf(identifying),
  };

  function copied(position: number): ValueMaker {
    return () => base[position] ?? null;
  }
  function varied(column: Column, position: number): ValueMaker {
    const invent = inventValue(column, random);
    return invent ? (n) => (base[position] === null ? null : invent(n)) : copied(position);
  }
  function invented(column: Column): ValueMaker {
    const invent = inventValue(column, random) ?? (() => null);
    return column.nullable ? (n) => (random.next() < 0.1 ? null : invent(n)) : invent;
  }
  function spanOf(name: string): KeySpan | null {
    const column = columns.find((one) => one.name === name);
    if (!column || !fresh.has(name)) return null;
    if (counted && name === countedKey(table)?.name)
      return { column: name, between: counted.map(([a, b]) => [String(a), String(b)]) };
    if (column.kind === "uuid") return { column: name, between: [[uuidSpan(prefix, "0"), uuidSpan(prefix, "f")]] };
    if (column.kind === "text") return { column: name, prefix: tag };
    const from = sources.freeFrom.get(name);
    if (column.kind !== "integer" || from === undefined) return null;
    const first = from + BigInt(offset);
    return { column: name, between: [[String(first), String(first + BigInt(size - 1))]] };
  }
}

/** Columns whose values must fit others: only copies of whole rows are safe for them. */
export function boundColumns(table: Table): Set<string> {
  const bound = new Set(table.foreignKeys.flatMap(({ columns }) => columns));
  const rules = [...table.checks.map(({ expression }) => expression), ...partialRules(table.indexes)];
  const partitioned = table.kind === "partitioned" || table.exclusions.length > 0;
  for (const { name } of table.columns) {
    if (partitioned || rules.some((rule) => rule.includes(name))) bound.add(name);
  }
  return bound;
}

const partialRules = (indexes: readonly Index[]) =>
  indexes.filter(({ partial, columns }) => partial || columns.includes(null)).map(({ definition }) => definition ?? "");

/** Walks through ranges of drawn numbers, in order. */
function fromRanges(ranges: readonly [bigint, bigint][]): ValueMaker {
  let range = 0;
  let next = ranges[0]?.[0] ?? 0n;
  return () => {
    while (range < ranges.length && next > ranges[range]![1]) next = ranges[++range]?.[0] ?? 0n;
    return String(next++);
  };
}

const uuidSpan = (prefix: string, fill: string) =>
  `${prefix.slice(0, 8)}-${prefix.slice(8, 12)}-${fill.repeat(4)}-${fill.repeat(4)}-${fill.repeat(12)}`;

interface Freshness {
  tag: string;
  prefix: string;
  random: Random;
  offset: number;
  from: bigint | undefined;
}

function freshValue(column: Column, { tag, prefix, random, offset, from }: Freshness): ValueMaker | undefined {
  switch (column.kind) {
    case "uuid":
      return () => uuidFrom(prefix + randomHex(random, 10));
    case "text": {
      const room = column.length ?? 40;
      return (n) => {
        const counter = n.toString(36).padStart(5, "0");
        return room >= tag.length + counter.length ? tag + counter : (tag + counter).slice(-room);
      };
    }
    case "binary":
      return () => hexForm(column) + randomHex(random, Math.min(column.length ?? 16, 16));
    case "integer":
    case "decimal":
    case "float":
      return from === undefined ? undefined : (n) => String(from + BigInt(offset + n));
    case "network":
      return (n) => `10.${random.below(256)}.${(n >> 8) & 255}.${n & 255}`;
    default:
      return inventValue(column, random);
  }
}
