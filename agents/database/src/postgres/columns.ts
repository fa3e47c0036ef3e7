import type { Column, ValueKind } from "../schema.ts";
import type { Row } from "../session.ts";

/** One row a column; `$1` is the tables' oids, `$2` those of tables that must not be opened. */
export const columnsStatement = `
  SELECT a.attrelid AS oid, a.attname AS name, t.typname, t.typtype, t.typcategory, tn.nspname AS type_schema,
         pg_catalog.format_type(a.atttypid, a.atttypmod) AS type, a.atttypmod AS typmod, a.attnotnull AS not_null,
         a.attgenerated AS generated, a.attidentity AS identity,
         CASE WHEN a.attgenerated = '' AND a.attrelid <> ALL ($2::oid[])
              THEN pg_catalog.pg_get_expr(d.adbin, d.adrelid) END AS default,
         CASE WHEN a.attcollation <> t.typcollation THEN co.collname END AS collation,
         CASE WHEN t.typtype = 'e' THEN (SELECT pg_catalog.json_agg(e.enumlabel ORDER BY e.enumsortorder)
                                           FROM pg_catalog.pg_enum e WHERE e.enumtypid = t.oid) END AS words
    FROM pg_catalog.pg_attribute a
    JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
    JOIN pg_catalog.pg_namespace tn ON tn.oid = t.typnamespace
    LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    LEFT JOIN pg_catalog.pg_collation co ON co.oid = a.attcollation
   WHERE a.attrelid = ANY ($1::oid[]) AND a.attnum > 0 AND NOT a.attisdropped
   ORDER BY a.attrelid, a.attnum`;

const byName: Record<string, ValueKind> = {
  bool: "boolean",
  int2: "integer",
  int4: "integer",
  int8: "integer",
  numeric: "decimal",
  float4: "float",
  float8: "float",
  text: "text",
  varchar: "text",
  bpchar: "text",
  bytea: "binary",
  bit: "bits",
  varbit: "bits",
  uuid: "uuid",
  json: "json",
  jsonb: "json",
  date: "date",
  time: "time",
  timetz: "time",
  timestamp: "timestamp",
  timestamptz: "timestamp",
  interval: "interval",
  inet: "network",
  cidr: "network",
  macaddr: "network",
  macaddr8: "network",
};

function kindOf(row: Row): ValueKind {
  if (row["typtype"] === "e") return "enum";
  if (row["typtype"] === "r" || row["typtype"] === "m") return "range";
  // a domain may hold rules of its own
  if (row["typtype"] !== "b") return "other";
  if (row["typcategory"] === "A") return "array";
  if (row["typcategory"] === "G") return "geometry";
  return (row["type_schema"] === "pg_catalog" ? byName[row["typname"]!] : undefined) ?? "other";
}

export function columnOf(row: Row): Column {
  const modifier = Number(row["typmod"]);
  const name = row["typname"]!;
  const known = modifier >= 0;
  return {
    name: row["name"]!,
    type: row["type"]!,
    kind: kindOf(row),
    nullable: row["not_null"] === "f",
    default: row["default"] ?? null,
    generated: row["generated"] === "s" ? "stored" : row["generated"] === "v" ? "virtual" : null,
    identity: row["identity"] === "a" ? "always" : row["identity"] === "d" ? "by-default" : null,
    onUpdate: null,
    length: !known
      ? null
      : name === "varchar" || name === "bpchar"
        ? modifier - 4
        : /^(var)?bit$/.test(name)
          ? modifier
          : null,
    precision: known && name === "numeric" ? ((modifier - 4) >> 16) & 0xffff : null,
    // 11 bits, signed: numeric(3, -2) is a type since PostgreSQL 15
    scale: known && name === "numeric" ? (((modifier - 4) & 0x7ff) ^ 1024) - 1024 : null,
    unsigned: false,
    words: row["words"] ? (JSON.parse(row["words"]) as string[]) : null,
    charset: null,
    collation: row["collation"] ?? null,
  };
}
