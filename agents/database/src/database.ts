import {
  ChaosError,
  type Clock,
  type ConnectContext,
  type Discovery,
  type Finding,
  type Mark,
  type Target,
} from "@chaos-agents/core";
import type { DatabaseConfig } from "./config.ts";
import { connectFailure } from "./connect-failure.ts";
import { Control } from "./control.ts";
import type { Ask, Dialect, Driver, Need, OurSession, Refusal, Server, TransactionOutcome } from "./dialect.ts";
import { discoverDatabase } from "./discovery.ts";
import { TableLockedError } from "./describe-table.ts";
import { loadDriver } from "./drivers.ts";
import { describeEndpoint, type Endpoint, type Engine, parseConnectionUrl } from "./endpoint.ts";
import { endSessions } from "./fence.ts";
import { listMarks } from "./marks.ts";
import { privilegeFindings } from "./privileges.ts";
import type { Activity, ServerSession, Setting, Table, TableSummary } from "./schema.ts";
import type { Row, Session, SessionOptions, Value } from "./session.ts";

/**
 * An open database. `ask` and everything built on it go over the control connection, which is there from the start and
 * comes back when lost; `session` opens further ones, named by a mark. Catalog queries wait for no lock longer than half
 * a second.
 */
export class Database implements Target {
  readonly label: string;
  /** Only look into these; undefined: all but the system's. */
  readonly configuredSchemas: readonly string[] | undefined;
  readonly clock: Clock;
  readonly sight = { marked: "sessions", unmarked: "rows, settings and indexes" };
  /** The point in the server's history at which we connected first; null where the server has none. */
  readonly since: string | null;
  readonly identity: Readonly<Record<string, string>>;
  readonly #endpoint: Endpoint;
  readonly #driver: Driver;
  readonly #control: Control;
  readonly #sessions = new Set<Session>();
  /** Marks whose sessions this object ended, with the undos that have said so. */
  readonly #ended = new Map<string, Set<string>>();

  private constructor(endpoint: Endpoint, driver: Driver, control: Control, clock: Clock, schemas?: readonly string[]) {
    this.#endpoint = endpoint;
    this.#driver = driver;
    this.#control = control;
    this.clock = clock;
    this.configuredSchemas = schemas;
    this.since = this.server.since;
    this.identity = this.server.identity;
    this.label = `${endpoint.database ?? this.server.database ?? this.server.product} on ${describeEndpoint({ ...endpoint, database: "" })}`;
  }

  /** Throws `target-unreachable`. */
  static async open(config: DatabaseConfig, { mark, signal, clock }: ConnectContext): Promise<Database> {
    const endpoint = parseConnectionUrl(config.connection_url);
    const driver = await loadDriver(endpoint.engine);
    const control = new Control(endpoint, driver, mark, clock);
    await control.open(signal);
    return new Database(endpoint, driver, control, clock, config.schemas);
  }

  get dialect(): Dialect {
    return this.#control.dialect;
  }

  get engine(): Engine {
    return this.#endpoint.engine;
  }

  get server(): Server {
    return this.dialect.server;
  }

  /** A short statement on the control connection; safe to be run twice, or not to be sent here. */
  ask(sql: string, values: readonly Value[] = [], signal?: AbortSignal): Promise<Row[]> {
    return this.#control.ask(sql, values, signal);
  }

  /** Opens a connection that carries `mark` on the server. Throws `target-unreachable`; `refusal` says why. */
  async session(mark: string, options: SessionOptions = {}): Promise<Session> {
    const cancel = (id: string) => this.dialect.cancelStatement((sql, values) => this.ask(sql, values), id);
    let session: Session;
    try {
      session = await this.#driver.open(this.#endpoint, mark, options, cancel);
    } catch (error) {
      throw options.signal?.aborted ? options.signal.reason : connectFailure(error, this.#endpoint, this.#driver);
    }
    for (const one of this.#sessions) if (!one.isOpen) this.#sessions.delete(one);
    this.#sessions.add(session);
    return session;
  }

  /** Why the server refused: for errors of statements and of `session`. */
  refusal(error: unknown): Refusal {
    if (error instanceof TableLockedError) return "lock-timeout";
    return this.dialect.refusal(error instanceof ChaosError && error.cause !== undefined ? error.cause : error);
  }

  /** The schemas to look into. Throws `nothing-matched` when one that was configured does not exist. */
  async schemas(signal?: AbortSignal): Promise<string[]> {
    const existing = await this.dialect.schemas(this.#asking(signal));
    const absent = this.configuredSchemas?.find((schema) => !existing.includes(schema));
    if (absent !== undefined) {
      throw new ChaosError("nothing-matched", `${this.label} has no schema "${absent}"`, {
        remedy: `Name one of these in schemas: ${existing.join(", ")}`,
      });
    }
    if (this.configuredSchemas) return [...this.configuredSchemas];
    // a MySQL URL that names a database means that one
    return this.engine === "mysql" && this.server.database ? [this.server.database] : existing;
  }

  /** Tables of `schemas`, or of these as far as they are not the system's; parts of partitioned tables included. */
  async tables(signal?: AbortSignal, schemas?: readonly string[]): Promise<TableSummary[]> {
    const ask = this.#asking(signal);
    if (!schemas) return this.dialect.tables(ask, await this.schemas(signal));
    const existing = new Set(await this.dialect.schemas(ask));
    return this.dialect.tables(
      ask,
      schemas.filter((schema) => existing.has(schema)),
    );
  }

  /** All that can be seen of these tables, in the same order; those that are gone are left out. */
  describe(tables: readonly TableSummary[], signal?: AbortSignal): Promise<Table[]> {
    return this.dialect.describe(this.#asking(signal), tables);
  }

  settings(names?: readonly string[], signal?: AbortSignal): Promise<Setting[]> {
    return this.dialect.settings(this.#asking(signal), names);
  }

  activity(signal?: AbortSignal): Promise<Activity> {
    return this.dialect.activity(this.#asking(signal));
  }

  serverSessions(signal?: AbortSignal): Promise<ServerSession[]> {
    return this.dialect.sessions(this.#asking(signal));
  }

  transactionOutcome(id: string, signal?: AbortSignal): Promise<TransactionOutcome> {
    return this.dialect.transactionOutcome(this.#asking(signal), id);
  }

  /** For preflight: an error for each right that is missing, with the GRANT that would give it. */
  async missingPrivileges(needs: readonly Need[], signal?: AbortSignal): Promise<Finding[]> {
    return privilegeFindings(this.server, await this.dialect.missing(this.#asking(signal), needs));
  }

  /** Sessions with this mark, whichever process opened them. */
  ourSessions(mark: string, signal?: AbortSignal): Promise<OurSession[]> {
    return this.dialect.ourSessions(this.#asking(signal), mark);
  }

  /**
   * Ends every session with this mark, our own included, and returns how many once they are gone: their locks freed and
   * their transactions rolled back. Needs no more rights than the role that opened them. Rejects when `signal` is aborted.
   */
  async fence(mark: string, signal: AbortSignal): Promise<number> {
    const ended = await endSessions(this.dialect, this.#asking(signal), {
      find: async (ask) => (await this.dialect.ourSessions(ask, mark)).filter(({ id }) => id !== this.#control.id),
      clock: this.clock,
      signal,
    });
    if (ended > 0) this.noteEnded(mark);
    return ended;
  }

  /** Remembers that sessions of this mark were ended here, for the words of an undo only. */
  noteEnded(mark: string): void {
    this.#ended.set(mark, this.#ended.get(mark) ?? new Set());
  }

  /** True once for each `thing` when sessions of this mark were ended here: its undo says `undone`, and `already` after. */
  claimEnded(mark: string, thing: string): boolean {
    const claimed = this.#ended.get(mark);
    if (!claimed || claimed.has(thing)) return false;
    claimed.add(thing);
    return true;
  }

  discover(signal: AbortSignal): Promise<Discovery> {
    return discoverDatabase(this, signal);
  }

  marks(signal: AbortSignal): Promise<Mark[]> {
    const own = new Set([this.#control.id, ...[...this.#sessions].map(({ id }) => id)]);
    return listMarks(this.dialect, this.#asking(signal), { own, clock: this.clock });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#sessions].map((session) => session[Symbol.asyncDispose]()));
    await this.#control[Symbol.asyncDispose]();
  }

  #asking(signal: AbortSignal | undefined): Ask {
    return (sql, values) => this.ask(sql, values, signal);
  }
}
