/** Every value travels as the server's own text, so that it goes back exactly as it came. */
export type Value = string | null;
export type Row = Record<string, Value>;

export interface SessionOptions {
  /** Gives up connecting. */
  signal?: AbortSignal | undefined;
  /**
   * A dead man's handle: the server ends the session `leaseMs` after its last sign of life, so that it does not outlive
   * us behind a cut network. `HeldSessions` gives the signs.
   */
  lease?: boolean;
  readOnly?: boolean;
  /** Milliseconds a statement may wait for a lock. MySQL rounds up to whole seconds. The server's default when left out. */
  lockTimeout?: number;
  /** Milliseconds a statement may run; on MySQL 8 only SELECT is stopped. No limit when left out. */
  statementTimeout?: number;
}

export interface StatementOptions {
  /** Cancels the statement on the server; the promise then rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** Keeps the statement prepared on the server, for statements run very often. */
  prepare?: boolean;
}

/** How long the server waits for a sign of life, and how often we give one. */
export const leaseMs = 15_000;
export const renewMs = 4_000;

/** One connection. Statements run one after the other. Errors are the driver's own; `dialect.refusal` names them. */
export interface Session extends AsyncDisposable {
  /** The server's number for it: backend pid or connection id. */
  readonly id: string;
  /** Resolves, with the reason, when the connection ends without us having closed it. */
  readonly lost: Promise<string>;
  readonly isOpen: boolean;
  /** A statement is running or waits its turn. */
  readonly isBusy: boolean;
  /** Placeholders are the dialect's: `$1` or `?`. PostgreSQL: several statements separated by ; only without values. */
  query(sql: string, values?: readonly Value[], options?: StatementOptions): Promise<Row[]>;
  /** The same, and answers how many rows it touched (MySQL: matched, even if they were already so). */
  execute(sql: string, values?: readonly Value[], options?: StatementOptions): Promise<number>;
  /** Rows as arrays, in the order of the select list: cheaper for many. */
  rows(sql: string, values?: readonly Value[], options?: StatementOptions): Promise<Value[][]>;
  /**
   * Runs with the driver's own client, in turn with the statements: for COPY and streams. `work` declares which it
   * expects, `(client: pg.Client) =>` or `(client: mysql2.Connection) =>`.
   */
  use<T>(work: (client: never) => Promise<T>, options?: Pick<StatementOptions, "signal">): Promise<T>;
  /** One sign of life; does nothing while a statement runs. */
  renew(): Promise<void>;
  /** Cuts the connection at once, without a word to the server. */
  destroy(reason?: string): void;
}
