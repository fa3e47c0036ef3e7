import type { Random } from "@chaos-agents/core";
import type { Column, Table } from "../schema.ts";
import type { Value } from "../session.ts";
import { canInvent, inventValue } from "./fresh-values.ts";
import { mentions, ruledColumns, writableColumns } from "./table-rules.ts";

export interface Changeable {
  /** Columns that may be changed without breaking keys or references. */
  open: Column[];
  /** Those of them whose values may be made up; the others take another row's. */
  free: Column[];
}

export function changeableColumns(table: Table): Changeable {
  const unique = table.indexes.filter((index) => index.unique || table.exclusions.includes(index.name));
  const fixed = new Set([
    ...unique.flatMap(({ columns }) => columns),
    ...table.keys.flat(),
    ...table.foreignKeys.flatMap(({ columns }) => columns),
    ...table.referencedBy.flatMap(({ referencedColumns }) => referencedColumns),
  ]);
  const open = writableColumns(table).filter(
    ({ name, identity, onUpdate }) =>
      !fixed.has(name) && identity === null && onUpdate === null && !unique.some((index) => mentions(index, name)),
  );
  const ruled = ruledColumns(table);
  return { open, free: open.filter((column) => !ruled.has(column.name) && canInvent(column)) };
}

/** What has to be known to put rows back: more than was changed, where the server changes more. */
export function restorableColumns(table: Table, changed: readonly Column[]): Column[] {
  const triggers = table.triggers.some(({ enabled, events }) => enabled && events.includes("update"));
  const key = table.keys[0]!;
  return writableColumns(table).filter(
    (column) =>
      changed.includes(column) ||
      column.onUpdate !== null ||
      (triggers && !key.includes(column.name) && column.identity !== "always"),
  );
}

/** Other values for these columns: made up, or another row's, all from the same one. */
export function changedValues(
  columns: readonly Column[],
  rows: readonly (readonly Value[])[],
  { random, free }: { random: Random; free: readonly Column[] },
): Value[][] {
  const makers = columns.map((column) => (free.includes(column) ? inventValue(column, random) : undefined));
  const others = (n: number) => {
    const other = rows[random.below(rows.length)]!;
    return makers.map((make, i) => (make ? make(n) : other[i]!));
  };
  return rows.map((row, n) => {
    let values = others(n);
    for (let attempt = 0; attempt < 5 && values.every((value, i) => value === row[i]); attempt++) values = others(n);
    return values;
  });
}
