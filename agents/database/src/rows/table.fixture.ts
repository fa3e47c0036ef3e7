import type { Column, ForeignKey, Index, Table } from "../schema.ts";

export const column = (name: string, kind: Column["kind"], more: Partial<Column> = {}): Column => ({
  name,
  type: kind === "integer" ? "bigint" : kind,
  kind,
  nullable: false,
  default: null,
  generated: null,
  identity: null,
  onUpdate: null,
  length: null,
  precision: null,
  scale: null,
  unsigned: false,
  words: null,
  charset: null,
  collation: null,
  ...more,
});

export const unique = (columns: (string | null)[], more: Partial<Index> = {}): Index => ({
  name: `unique_${columns.join("_")}`,
  columns,
  unique: true,
  primary: false,
  partial: false,
  constraint: null,
  valid: true,
  visible: true,
  method: "btree",
  bytes: null,
  definition: null,
  ...more,
});

export const reference = (columns: string[], to = "parents", more: Partial<ForeignKey> = {}): ForeignKey => ({
  name: `of_${to}_${columns.join("_")}`,
  table: { schema: "public", name: "things" },
  columns,
  references: { schema: "public", name: to },
  referencedColumns: columns.map(() => "id"),
  onDelete: "NO ACTION",
  onUpdate: "NO ACTION",
  deferrable: false,
  ...more,
});

export const table = (columns: Column[], more: Partial<Table> = {}): Table => ({
  schema: "public",
  name: "things",
  kind: "table",
  rows: null,
  bytes: null,
  partOf: null,
  storage: null,
  columns,
  primaryKey: [],
  keys: [],
  indexes: [],
  foreignKeys: [],
  referencedBy: [],
  triggers: [],
  checks: [],
  exclusions: [],
  partitions: [],
  rowSecurity: false,
  ...more,
});
