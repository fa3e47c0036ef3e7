import type { Engine, Endpoint } from "./endpoint.ts";
import type { Activity, Column, ServerSession, Setting, Table, TableName, TableSummary } from "./schema.ts";
import type { Row, Session, SessionOptions, Value } from "./session.ts";

/** One short statement to the server, on whichever connection suits. */
export type Ask = (sql: string, values?: readonly Value[]) => Promise<Row[]>;

export interface Server {
  product: "PostgreSQL" | "MySQL" | "MariaDB";
  /** As the server writes it: `18.4`, `10.11.19-MariaDB`. */
  version: string;
  /** To be compared: 180004, 101119, 80036. */
  number: number;
  /** As whom we are in: PostgreSQL's role, MySQL's `user@host`. */
  user: string;
  /** PostgreSQL superuser, MySQL SUPER. */
  isAdmin: boolean;
  database: string | null;
  /** Where unqualified names are looked up first. */
  defaultSchema: string | null;
  /** A standby, or a server that takes no writes. */
  readOnly: boolean;
  /** PostgreSQL: the next transaction's id when we asked. MySQL keeps no such thing: null. */
  since: string | null;
  /** See Target. */
  identity: Record<string, string>;
}

/** Why a server refused a statement, in words both engines share. */
export type Refusal =
  | "lock-timeout"
  | "deadlock"
  | "serialization"
  | "duplicate"
  | "foreign-key"
  | "check"
  | "not-null"
  | "value"
  | "permission"
  | "missing"
  | "cancelled"
  | "read-only"
  | "too-many-connections"
  | "connection-lost"
  | "other";

/** How a transaction of a killed client ended. MySQL cannot say: `unknown`. */
export type TransactionOutcome = "committed" | "aborted" | "in-progress" | "unknown";

/** A session of ours as the server sees it. */
export interface OurSession {
  id: string;
  /** Null where the server hides it (MySQL without performance_schema). */
  mark: string | null;
  detail: string;
}

/** A right on one table. `lock`: explicit table locks. `own`: what only the owner may do, such as dropping an index. */
export type TableRight = "select" | "insert" | "update" | "delete" | "lock" | "own";

/** A right on the server. `change-setting` may name the setting in `of`. */
export type ServerRight = "see-sessions" | "end-sessions" | "change-setting" | "reload-settings";

export type Need = { right: TableRight; table: TableName } | { right: ServerRight; of?: string };

/** A need that is not met. */
export interface MissingRight {
  need: Need;
  /** What is missing, for people: `INSERT on public.orders`. */
  what: string;
  /** The statement that would give it, where there is one. */
  grant: string;
}

/**
 * What PostgreSQL and MySQL do differently, in small functions, so that no skill asks which one it is on. Where a skill is
 * another thing altogether on each, it keeps one file per engine beside the dialects and picks by `engine`.
 */
export interface Dialect {
  readonly engine: Engine;
  readonly server: Server;

  /** An identifier, quoted: safe for any name. */
  quote(identifier: string): string;
  /** A table, qualified and quoted. */
  table(name: TableName): string;
  /** A text literal, for statements that take no placeholders. */
  literal(text: string): string;
  /** The placeholder of the nth value, counted from 1. */
  placeholder(position: number): string;
  /** An unquoted name as the server would look it up: PostgreSQL folds to lower case. */
  fold(identifier: string): string;

  /** Select-list expression that gives a column's exact value as text (null stays null). `alias` qualifies the column. */
  read(column: Column, alias?: string): string;
  /** Expression that turns such text, bound at `placeholder`, back into the value: in VALUES and SET. */
  write(column: Column, placeholder: string): string;
  /** Condition that finds a row by a key column's non-null value; uses indexes. */
  matches(column: Column, placeholder: string, alias?: string): string;
  /** Condition that a column still is exactly what was read: null-safe, and blind to collations that equate. */
  same(column: Column, placeholder: string, alias?: string): string;

  /** Starts a transaction that sees, and keeps, the database as it is now. */
  readonly beginSnapshot: string;
  /** A SELECT that keeps the server busy far longer than anybody waits. */
  heavyQuery(kind: "cpu" | "sort"): string;
  /** How many deadlocks the server has broken so far; null where we may not see. */
  deadlocks(ask: Ask): Promise<number | null>;
  /** Condition that about this share of rows meets, by chance. */
  chance(share: number): string;
  /** Condition for rows that were not written since this point in the server's history (`Server.since`). */
  existedBefore(since: string): string;

  refusal(error: unknown): Refusal;

  /** The current transaction's id, to be asked for later by `transactionOutcome`; null on MySQL. */
  transactionId(session: Session): Promise<string | null>;
  transactionOutcome(ask: Ask, id: string): Promise<TransactionOutcome>;

  /** Schemas but the system's. */
  schemas(ask: Ask): Promise<string[]>;
  /** Tables of these schemas, parts of partitioned ones included; no views, nothing of extensions. */
  tables(ask: Ask, schemas: readonly string[]): Promise<TableSummary[]>;
  /** All about these tables, in the same order; those that are gone are left out. */
  describe(ask: Ask, tables: readonly TableSummary[]): Promise<Table[]>;
  /** All settings, or these (unknown names are left out). */
  settings(ask: Ask, names?: readonly string[]): Promise<Setting[]>;
  activity(ask: Ask): Promise<Activity>;
  /** Client sessions on this server, as far as we may see them. */
  sessions(ask: Ask): Promise<ServerSession[]>;
  missing(ask: Ask, needs: readonly Need[]): Promise<MissingRight[]>;

  /** Sessions of ours: those with this mark, or of any run. */
  ourSessions(ask: Ask, mark?: string): Promise<OurSession[]>;
  /** Asks the server to end a session, if it still has this mark (where one is given); no error when it is gone. */
  endSession(ask: Ask, id: string, mark?: string | null): Promise<void>;
  /** Whether nothing of an ended session is left: no locks, no transaction still being rolled back. */
  isGone(ask: Ask, id: string): Promise<boolean>;
  /** Stops a session's running statement, not the session. */
  cancelStatement(ask: Ask, id: string): Promise<void>;
}

/** What it takes to speak to one engine; loads its driver when imported. */
export interface Driver {
  /** Opens a connection. `mark` names it on the server; null: not one of ours that a sweep should find (probes). */
  open(
    endpoint: Endpoint,
    mark: string | null,
    options: SessionOptions,
    cancel: (id: string) => Promise<void>,
  ): Promise<Session>;
  dialect(session: Session): Promise<Dialect>;
  /** What a failed attempt to connect means: what happened, and what to do. Undefined when unknown. */
  connectFailure(error: unknown, endpoint: Endpoint): { what: string; remedy: string } | undefined;
}
