import type { Column, Index, Table } from "../schema.ts";

/** Columns a client may write, in the table's order. */
export const writableColumns = (table: Table): Column[] => table.columns.filter((column) => column.generated === null);

/** The column whose values the server hands out, best one that makes a row unique; or undefined. */
export function countedColumn(table: Table): Column | undefined {
  const counted = table.columns.filter(
    ({ kind, identity, default: value }) => kind === "integer" && (identity !== null || /nextval\(/.test(value ?? "")),
  );
  const unique = new Set(table.indexes.filter((index) => index.unique).flatMap(({ columns }) => columns));
  const first = counted.find(({ name }) => name === table.primaryKey[0]);
  return first ?? counted.find(({ name }) => unique.has(name)) ?? counted[0];
}

/** Whether an index speaks of a column in an expression or a condition. */
export const mentions = ({ partial, columns, definition }: Index, name: string): boolean =>
  (partial || columns.includes(null)) && names((definition ?? "").replace(/^[^(]*/, ""), name);

/** Columns that other columns or constants have a say in: checks, conditions, references, exclusions. */
export function ruledColumns(table: Table): Set<string> {
  const ruled = new Set(table.foreignKeys.flatMap(({ columns }) => columns));
  for (const { name } of table.columns) {
    const checked = table.checks.some(({ expression }) => names(expression, name));
    if (checked || table.indexes.some((index) => mentions(index, name))) ruled.add(name);
  }
  for (const { columns } of exclusionIndexes(table)) for (const name of columns) if (name !== null) ruled.add(name);
  return ruled;
}

export const exclusionIndexes = ({ indexes, exclusions }: Table): Index[] =>
  indexes.filter(({ name }) => exclusions.includes(name));

/** Whether deleting a row changes or deletes rows that point to it. */
export const isCascaded = ({ referencedBy }: Table): boolean =>
  referencedBy.some(({ onDelete }) => onDelete !== "NO ACTION" && onDelete !== "RESTRICT");

/** Where a row may not be put: its place is decided by what is in it. */
export const isPlaced = ({ kind, partOf }: Table): boolean => kind === "partitioned" || partOf !== null;

/** Unique indexes that only references can make a row of: a pair of them, or the one reference each row has to itself. */
export function referenceIndexes(table: Table): Index[] {
  const pointing = new Set(table.foreignKeys.flatMap(({ columns }) => columns));
  return table.indexes.filter(
    ({ unique, columns, partial }) =>
      unique && !partial && columns.every((name) => name !== null && pointing.has(name)),
  );
}

const ease = ["uuid", "integer", "text", "binary", "decimal", "float", "timestamp", "date", "network"];

/** Columns that must be new in every row, so that no unique index refuses it: one of each. */
export function freshColumns(table: Table, counted: Column | undefined): Set<string> {
  const fresh = new Set<string>(counted ? [counted.name] : []);
  const pointing = new Set(table.foreignKeys.flatMap(({ columns }) => columns));
  const placed = isPlaced(table);
  const rank = ({ name, kind }: Column) => {
    const at = ease.indexOf(kind);
    // a moment close to another one lies in the same part of the table, a made-up word may lie in none
    const misplaced = placed && (kind === "text" || kind === "binary") ? 20 : 0;
    return (pointing.has(name) ? 200 : 0) + misplaced + (at < 0 ? 50 : at);
  };
  const byReferences = new Set(referenceIndexes(table));
  for (const index of table.indexes.filter((one) => one.unique && !byReferences.has(one))) {
    const candidates = writableColumns(table).filter(
      ({ name }) => index.columns.includes(name) || (index.columns.includes(null) && mentions(index, name)),
    );
    if (candidates.some(({ name }) => fresh.has(name))) continue;
    const best = candidates.toSorted((a, b) => rank(a) - rank(b))[0];
    if (best) fresh.add(best.name);
  }
  return fresh;
}

/** Whether an expression, as the server writes it, has this column's name in it. */
function names(expression: string, name: string): boolean {
  const forms = [name, name.replaceAll('"', '""'), name.replaceAll("`", "``")].map((form) => RegExp.escape(form));
  return new RegExp(`(?<![\\p{L}\\p{N}_$])(${forms.join("|")})(?![\\p{L}\\p{N}_$])`, "u").test(expression);
}
