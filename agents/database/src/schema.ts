/** A table as the server spells it. In MySQL a schema is a database. */
export interface TableName {
  schema: string;
  name: string;
}

export interface TableSummary extends TableName {
  kind: "table" | "partitioned";
  /** Estimates of the server's own statistics; null where it has none yet. For a partitioned table: all partitions. */
  rows: number | null;
  /** With indexes; may lag behind. */
  bytes: number | null;
  /** The partitioned table or parent this is a part of. Parts are not chosen by themselves, only by name. */
  partOf: TableName | null;
  /** MySQL: the storage engine. Only InnoDB has transactions. PostgreSQL: the access method. */
  storage: string | null;
  /** Null where everything could be seen. */
  unseen: Unseen | null;
}

/** What could not be read of a table because somebody has it locked: empty or an estimate here. */
export interface Unseen {
  what: string;
  why: string;
}

/** What a value is, for those who make values up. `other`: only copies of existing values are safe. */
export type ValueKind =
  | "boolean"
  | "integer"
  | "decimal"
  | "float"
  | "text"
  | "binary"
  | "bits"
  | "uuid"
  | "json"
  | "date"
  | "time"
  | "timestamp"
  | "interval"
  | "year"
  | "enum"
  | "set"
  | "array"
  | "range"
  | "network"
  | "geometry"
  | "other";

export interface Column {
  name: string;
  /** To be read, and to be cast to: schema-qualified and quoted where need be, with its length where it has one. */
  type: string;
  kind: ValueKind;
  nullable: boolean;
  /** The default's expression, or null. */
  default: string | null;
  /** Computed by the server from other columns; can never be written. */
  generated: "stored" | "virtual" | null;
  /** The server hands out values. `always`: PostgreSQL needs OVERRIDING SYSTEM VALUE. MySQL: AUTO_INCREMENT. */
  identity: "always" | "by-default" | null;
  /** MySQL: set by the server on every UPDATE that leaves it out. */
  onUpdate: string | null;
  /** Characters of text, bits of bit strings, bytes of MySQL binaries; null without limit. */
  length: number | null;
  /** Of decimals and MySQL times. */
  precision: number | null;
  scale: number | null;
  unsigned: boolean;
  /** The words of an ENUM or SET. */
  words: string[] | null;
  /** MySQL: the character set of a text column. */
  charset: string | null;
  collation: string | null;
}

export interface Index {
  name: string;
  /** Column names; null where it is an expression. */
  columns: (string | null)[];
  unique: boolean;
  primary: boolean;
  /** Only over some rows. */
  partial: boolean;
  /** A constraint (primary key, unique, exclusion, foreign key on MySQL) stands on it: it cannot be dropped alone. */
  constraint: string | null;
  /** False after an interrupted CREATE INDEX CONCURRENTLY. */
  valid: boolean;
  /** MySQL INVISIBLE, MariaDB IGNORED: kept up, but not used. */
  visible: boolean;
  method: string;
  bytes: number | null;
  /** The statement that makes it again. PostgreSQL only. */
  definition: string | null;
}

export interface ForeignKey {
  name: string;
  table: TableName;
  columns: string[];
  references: TableName;
  referencedColumns: string[];
  onDelete: string;
  onUpdate: string;
  deferrable: boolean;
}

/** A trigger or a PostgreSQL rule: something else that happens when we write. */
export interface Trigger {
  name: string;
  kind: "trigger" | "rule";
  timing: string;
  events: ("insert" | "update" | "delete" | "truncate" | "select")[];
  enabled: boolean;
  /** Null where the table is locked. */
  definition: string | null;
}

export interface Check {
  name: string;
  expression: string;
}

/** Everything about one table that a skill must know before it writes. */
export interface Table extends TableSummary {
  columns: Column[];
  /** Names of the primary key's columns; empty when there is none. */
  primaryKey: string[];
  /** Keys fit to identify a row: the primary key first, then whole, non-null, valid unique ones. */
  keys: string[][];
  indexes: Index[];
  foreignKeys: ForeignKey[];
  /** Foreign keys of other tables (and of this one) that point here. */
  referencedBy: ForeignKey[];
  triggers: Trigger[];
  checks: Check[];
  /** EXCLUDE constraints, by name. */
  exclusions: string[];
  partitions: TableName[];
  rowSecurity: boolean;
}

/** Who may change a setting, and when a change bites. */
export interface Setting {
  name: string;
  value: string | null;
  /** PostgreSQL: 8kB, ms …; the value counts in it. */
  unit: string | null;
  type: "boolean" | "integer" | "real" | "text" | "enum" | "unknown";
  min: string | null;
  max: string | null;
  options: string[] | null;
  takesEffect: "at-once" | "reload" | "new-sessions" | "restart" | "never" | "unknown";
  /** Whether only an administrator may change it for everybody. */
  adminOnly: boolean;
  /** Where the value comes from, in the server's words: default, configuration file, … */
  source: string | null;
  /** The value compiled in, where the server tells. */
  builtIn: string | null;
  /** Session-only settings cannot be changed for everybody. */
  global: boolean;
}

/** What a server is doing. */
export interface Activity {
  /** Client sessions by state: active, idle, idle in transaction … as far as we may see them. */
  states: { state: string; sessions: number }[];
  sessions: number;
  waitingForLocks: number | null;
  maxConnections: number;
  /** Slots kept back for administrators. */
  reservedConnections: number;
  /** Transactions (MySQL: statements) since `since`, milliseconds since the epoch. */
  work: { what: "transactions" | "statements"; count: number; since: number | null };
  /** Connected replicas; null when we may not see them. */
  replicas: number | null;
}

/** A session on the server, whoever's it is. What we may not see is null. */
export interface ServerSession {
  id: string;
  user: string | null;
  database: string | null;
  client: string | null;
  /** PostgreSQL: application_name. */
  application: string | null;
  state: string | null;
  /** When it connected, or started its transaction or statement, milliseconds since the epoch. */
  connectedAt: number | null;
  transactionSince: number | null;
  statementSince: number | null;
  statement: string | null;
  /** Ours, whichever run's. */
  ours: boolean;
}
