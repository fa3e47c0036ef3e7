import type { Column } from "../schema.ts";

export const quote = (identifier: string): string => `\`${identifier.replaceAll("`", "``")}\``;
/** Safe with and without backslash escapes, whatever sql_mode another session may have. */
export const literal = (text: string): string =>
  text.includes("\\")
    ? `CONVERT(X'${Buffer.from(text).toString("hex")}' USING utf8mb4)`
    : `'${text.replaceAll("'", "''")}'`;

const named = (column: Column, alias?: string) => (alias ? `${alias}.${quote(column.name)}` : quote(column.name));

/** Character sets that utf8mb4 takes in and gives back byte for byte. */
const lossless = new Set(["utf8", "utf8mb3", "utf8mb4", "ascii", "latin1", "utf16", "utf16le", "utf32", "ucs2"]);
const asBytes = (column: Column) =>
  column.kind === "binary" ||
  column.kind === "geometry" ||
  (column.kind === "text" && !lossless.has(column.charset ?? ""));

function read(column: Column, alias?: string): string {
  const name = named(column, alias);
  if (asBytes(column)) return `HEX(${name})`;
  if (column.kind === "bits") return `CAST(${name} + 0 AS CHAR)`;
  // a FLOAT prints six digits; as the double it stands for, it prints all
  if (column.kind === "float") return `CAST(CAST(${name} AS DOUBLE) AS CHAR)`;
  if (column.charset !== null) return `CONVERT(${name} USING utf8mb4)`;
  return `CAST(${name} AS CHAR)`;
}

function write(column: Column, placeholder: string): string {
  if (column.kind === "binary" || column.kind === "geometry") return `UNHEX(${placeholder})`;
  if (asBytes(column)) return `CONVERT(UNHEX(${placeholder}) USING ${column.charset})`;
  if (column.kind === "bits") return `CAST(${placeholder} AS UNSIGNED)`;
  return placeholder;
}

/** The value in the column's own type: a number compared with a text would be compared as a double. */
export function comparable(column: Column, placeholder: string): string {
  switch (column.kind) {
    case "integer":
    case "boolean":
    case "year":
      return `CAST(${placeholder} AS ${column.unsigned ? "UNSIGNED" : "SIGNED"})`;
    case "decimal":
      return `CAST(${placeholder} AS DECIMAL(${column.precision ?? 65}, ${column.scale ?? 0}))`;
    case "float":
      return `CAST(${placeholder} AS DOUBLE)`;
    case "date":
      return `CAST(${placeholder} AS DATE)`;
    case "time":
      return `CAST(${placeholder} AS TIME(6))`;
    case "timestamp":
      return `CAST(${placeholder} AS DATETIME(6))`;
    case "text":
    case "enum":
    case "set": {
      const text = asBytes(column) ? write(column, placeholder) : `CONVERT(${placeholder} USING ${column.charset})`;
      return `${text} COLLATE ${column.collation}`;
    }
    default:
      return write(column, placeholder);
  }
}

export const mysqlValues = {
  quote,
  literal,
  table: ({ schema, name }: { schema: string; name: string }) => `${quote(schema)}.${quote(name)}`,
  placeholder: () => "?",
  fold: (identifier: string) => identifier,
  beginSnapshot: "START TRANSACTION WITH CONSISTENT SNAPSHOT",
  chance: (share: number) => (share >= 1 ? "TRUE" : `RAND() < ${share}`),
  // no row of ours is told apart by its transaction here
  existedBefore: () => "TRUE",
  read,
  write,
  matches: (column: Column, placeholder: string, alias?: string) =>
    `${named(column, alias)} = ${comparable(column, placeholder)}`,
  same: (column: Column, placeholder: string, alias?: string) =>
    `CAST(${read(column, alias)} AS BINARY) <=> CAST(${placeholder} AS BINARY)`,
};
