import type { Random } from "@chaos-agents/core";
import type { Column, Table } from "../schema.ts";
import type { Value } from "../session.ts";
import { canInvent, inventValue } from "./fresh-values.ts";
import { boundColumns, writableColumns } from "./row-maker.ts";

/** What may be changed without breaking keys, references or partitions, and whether its values may be made up. */
export function changeableColumns(table: Table): { columns: Column[]; madeUp: boolean } {
  const fixed = new Set([
    ...table.indexes.filter(({ unique }) => unique).flatMap(({ columns }) => columns),
    ...table.keys.flat(),
    ...table.foreignKeys.flatMap(({ columns }) => columns),
    ...table.referencedBy.flatMap(({ referencedColumns }) => referencedColumns),
  ]);
  const bound = boundColumns(table);
  const open = writableColumns(table).filter(
    ({ name, identity, onUpdate }) => !fixed.has(name) && identity === null && onUpdate === null,
  );
  const free = open.filter((column) => !bound.has(column.name) && canInvent(column));
  if (free.length > 0) return { columns: free, madeUp: true };
  return { columns: table.kind === "partitioned" ? [] : open, madeUp: false };
}

/** Other values for these columns: made up where that is safe, else another row's. Null where a row cannot be changed. */
export function changedValues(
  columns: readonly Column[],
  rows: readonly (readonly Value[])[],
  random: Random,
  madeUp: boolean,
): Value[][] {
  const makers = columns.map((column) => (madeUp ? inventValue(column, random) : undefined));
  return rows.map((row, n) =>
    columns.map((_, i) => {
      for (let attempt = 0; attempt < 5; attempt++) {
        const value = makers[i]?.(n) ?? rows[random.below(rows.length)]![i]!;
        if (value !== row[i]) return value;
      }
      return row[i]!;
    }),
  );
}
