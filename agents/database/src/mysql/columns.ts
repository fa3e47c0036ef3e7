import type { Column, ValueKind } from "../schema.ts";
import type { Row } from "../session.ts";

const byType: Record<string, ValueKind> = {
  tinyint: "integer",
  smallint: "integer",
  mediumint: "integer",
  int: "integer",
  bigint: "integer",
  decimal: "decimal",
  float: "float",
  double: "float",
  char: "text",
  varchar: "text",
  tinytext: "text",
  text: "text",
  mediumtext: "text",
  longtext: "text",
  binary: "binary",
  varbinary: "binary",
  tinyblob: "binary",
  blob: "binary",
  mediumblob: "binary",
  longblob: "binary",
  bit: "bits",
  date: "date",
  time: "time",
  datetime: "timestamp",
  timestamp: "timestamp",
  year: "year",
  enum: "enum",
  set: "set",
  json: "json",
  uuid: "uuid",
  inet4: "network",
  inet6: "network",
};
const geometry =
  /^(geometry|point|linestring|polygon|multi(point|linestring|polygon)|geometrycollection|geomcollection)$/;

/** One row a column, for the tables of a `(schema, name)` list. `checks`: MariaDB's JSON is a LONGTEXT with a check. */
export const columnsStatement = (tables: string): string => `
  SELECT c.table_schema AS t_schema, c.table_name AS t_name, c.column_name AS name, c.data_type AS base, c.column_type AS type,
         c.is_nullable AS nullable, c.column_default AS c_default, c.extra AS extra, c.generation_expression AS expression,
         c.character_maximum_length AS length, c.numeric_precision AS n_precision, c.numeric_scale AS n_scale,
         c.datetime_precision AS t_precision, c.character_set_name AS c_set, c.collation_name AS c_collation
    FROM information_schema.columns c WHERE (c.table_schema, c.table_name) IN ${tables}
   ORDER BY c.table_schema, c.table_name, c.ordinal_position`;

export function columnOf(row: Row, jsonColumns: ReadonlySet<string>): Column {
  const base = row["base"]!.toLowerCase();
  const extra = (row["extra"] ?? "").toUpperCase();
  const number = (key: string) => (row[key] === null || row[key] === undefined ? null : Number(row[key]));
  const kind = geometry.test(base) ? "geometry" : jsonColumns.has(row["name"]!) ? "json" : (byType[base] ?? "other");
  const words = kind === "enum" || kind === "set" ? wordsOf(row["type"]!) : null;
  const textual = row["c_set"] !== null && row["c_set"] !== undefined;
  return {
    name: row["name"]!,
    type: row["type"]!,
    kind,
    nullable: row["nullable"] === "YES",
    // MariaDB writes no default as the word NULL
    default: row["c_default"] === "NULL" ? null : (row["c_default"] ?? null),
    generated: /(VIRTUAL|STORED|PERSISTENT) GENERATED/.test(extra)
      ? extra.includes("VIRTUAL")
        ? "virtual"
        : "stored"
      : null,
    identity: extra.includes("AUTO_INCREMENT") ? "by-default" : null,
    onUpdate: /ON UPDATE (\S+)/i.exec(row["extra"] ?? "")?.[1] ?? null,
    length: base === "bit" ? number("n_precision") : number("length"),
    precision: kind === "decimal" ? number("n_precision") : number("t_precision"),
    scale: kind === "decimal" ? number("n_scale") : null,
    unsigned: /unsigned|zerofill/i.test(row["type"]!) || base === "bit",
    words,
    charset: textual ? row["c_set"]! : null,
    collation: row["c_collation"] ?? null,
  };
}

/** The words of `enum('a','it''s')`. */
function wordsOf(type: string): string[] {
  return [...type.matchAll(/'((?:[^']|'')*)'/g)].map(([, word]) => word!.replaceAll("''", "'"));
}
