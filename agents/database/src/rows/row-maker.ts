import type { Random } from "@chaos-agents/core";
import type { Column, Table } from "../schema.ts";
import {
  type Freshness,
  type ValueMaker,
  freshValue,
  inventValue,
  randomHex,
  randomText,
  textPrefix,
} from "./fresh-values.ts";
import type { OpenReferences } from "./open-references.ts";
import { exclusionIndexes, freshColumns, isPlaced, ruledColumns, writableColumns } from "./table-rules.ts";

/** Numbers drawn from a sequence: ranges, both ends included, and the way from one to the next. */
export interface Drawn {
  ranges: readonly [bigint, bigint][];
  step: bigint;
}

/** How the rows of one batch can be found again: by values of a column that no other rows have. */
export interface KeySpan {
  column: string;
  /** Inclusive pairs in the column's own order; texts as the server reads them. */
  between?: [string, string][];
  /** The way from one number to the next between them; 1 when left out. */
  step?: string;
  prefix?: string;
}

export interface RowSources {
  table: Table;
  random: Random;
  /** Existing rows, values in the order of `writableColumns`; may be empty. */
  samples: readonly (readonly (string | null)[])[];
  /** Existing keys of the tables our foreign keys point to, by the key's name; only used where there are no samples. */
  parents: ReadonlyMap<string, readonly (readonly (string | null)[])[]>;
  /** Where rows are told apart by what they point to. */
  references: OpenReferences | null;
  /** Where unused numbers start, for unique number columns that no sequence feeds. */
  freeFrom: ReadonlyMap<string, bigint>;
  /** The column that the server, or its sequence, hands out. */
  counted: Column | undefined;
}

/** One batch of new rows, and how to find them again. */
export interface Batch {
  columns: Column[];
  /** The nth row, counted from 0; deterministic neither across batches nor calls. The counted column is null unless drawn. */
  row(n: number): (string | null)[];
  /** Null where nothing but the rows themselves tells. */
  key: KeySpan | null;
}

/** Shorter ones may be how others' words start. */
const tellingPrefix = 5;

/**
 * Plans a batch. Rows copy an existing row where there is one, so that checks, references and domains hold by themselves;
 * columns that must be unique get fresh values, and free-standing columns get new ones.
 */
export function planBatch(sources: RowSources, size: number, offset: number, drawn: Drawn | null): Batch {
  const { table, random, samples, references, counted } = sources;
  const all = writableColumns(table);
  const fresh = freshColumns(table, counted);
  const ruled = isPlaced(table) ? new Set(all.map(({ name }) => name)) : ruledColumns(table);
  const avoided = avoidedValues(table);
  const tag = randomText(random, 6);
  const prefix = randomHex(random, 6);
  let base: readonly (string | null)[] = [];
  let parents = new Map<string, readonly (string | null)[]>();
  let ranked = 0;

  const planned = all
    .map((column, position) => ({ column, make: makerFor(column, position) }))
    .filter((one): one is { column: Column; make: ValueMaker } => one.make !== undefined);
  const makers = planned.map(({ make }) => make);
  return {
    columns: planned.map(({ column }) => column),
    row(n) {
      if (samples.length > 0) base = samples[random.below(samples.length)]!;
      else if (sources.parents.size > 0)
        parents = new Map([...sources.parents].map(([name, keys]) => [name, keys[random.below(keys.length)] ?? []]));
      ranked = offset + n;
      return makers.map((make) => make(n));
    },
    key: spanOf(),
  };

  /** Undefined where the server's default has to do. */
  function makerFor(column: Column, position: number): ValueMaker | undefined {
    const { name } = column;
    if (column === counted) return drawn ? fromRanges(drawn) : () => null;
    const avoid = avoided.get(name);
    if (avoid !== undefined) return () => avoid;
    const referring = references?.columns.indexOf(name) ?? -1;
    if (referring >= 0) return () => references!.rows[ranked]?.[referring] ?? null;
    if (fresh.has(name)) {
      const maker = freshValue(column, freshness(column, position));
      if (maker) return maker;
    }
    if (samples.length > 0) return ruled.has(name) ? copied(position) : varied(column, position);
    const reference = table.foreignKeys.find((key) => key.columns.includes(name));
    const at = reference?.columns.indexOf(name) ?? -1;
    return reference ? () => parents.get(reference.name)?.[at] ?? null : invented(column);
  }
  function freshness(column: Column, position: number): Freshness {
    const from = sources.freeFrom.get(column.name);
    return {
      random,
      tag,
      prefix,
      offset,
      size,
      from,
      base: () => base[position] ?? null,
      ruled: ruled.has(column.name),
    };
  }
  function copied(position: number): ValueMaker {
    return () => base[position] ?? null;
  }
  function varied(column: Column, position: number): ValueMaker {
    const invent = inventValue(column, random);
    return invent ? (n) => (base[position] === null ? null : invent(n)) : copied(position);
  }
  function invented(column: Column): ValueMaker | undefined {
    const invent = inventValue(column, random);
    return invent && column.nullable ? (n) => (random.next() < 0.1 ? null : invent(n)) : invent;
  }

  function spanOf(): KeySpan | null {
    const ours = planned.map(({ column }) => column).filter(({ name }) => fresh.has(name));
    const spans = ours.flatMap((column) => ofColumn(column) ?? []);
    const leading = (name: string) => table.indexes.some(({ columns }) => columns[0] === name);
    return spans.find(({ column }) => leading(column)) ?? spans[0] ?? null;
  }
  function ofColumn(column: Column): KeySpan | undefined {
    const { name, kind } = column;
    if (column === counted) {
      if (!drawn) return undefined;
      const between = drawn.ranges.map(([a, b]): [string, string] => [String(a), String(b)]);
      return { column: name, between, ...(drawn.step > 1n && { step: String(drawn.step) }) };
    }
    if (kind === "uuid") return { column: name, between: [[uuidSpan(prefix, "0"), uuidSpan(prefix, "f")]] };
    const own = textPrefix(column, { tag, size });
    if (kind === "text") return own.length >= tellingPrefix ? { column: name, prefix: own } : undefined;
    const from = sources.freeFrom.get(name);
    if (kind !== "integer" || from === undefined) return undefined;
    const first = from + BigInt(offset);
    return { column: name, between: [[String(first), String(first + BigInt(size - 1))]] };
  }
}

/** What makes a row stand in no other's way where an exclusion constraint looks: nothing, or the empty range. */
function avoidedValues(table: Table): Map<string, string | null> {
  const avoided = new Map<string, string | null>();
  for (const { columns } of exclusionIndexes(table)) {
    const involved = table.columns.filter(({ name, generated }) => columns.includes(name) && generated === null);
    const open = involved.find(({ nullable }) => nullable);
    const range = involved.find(({ kind }) => kind === "range");
    if (open) avoided.set(open.name, null);
    else if (range) avoided.set(range.name, /multirange/.test(range.type) ? "{}" : "empty");
  }
  return avoided;
}

/** Walks through ranges of drawn numbers, in order. */
function fromRanges({ ranges, step }: Drawn): ValueMaker {
  let range = 0;
  let next = ranges[0]?.[0] ?? 0n;
  return () => {
    while (range < ranges.length && next > ranges[range]![1]) next = ranges[++range]?.[0] ?? 0n;
    const value = next;
    next += step;
    return String(value);
  };
}

const uuidSpan = (prefix: string, fill: string) =>
  `${prefix.slice(0, 8)}-${prefix.slice(8, 12)}-${fill.repeat(4)}-${fill.repeat(4)}-${fill.repeat(12)}`;
