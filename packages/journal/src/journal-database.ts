import { existsSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { pathToFileURL } from "node:url";
import { ChaosError, eventVersion } from "@chaos-agents/core";
import type { Event } from "@chaos-agents/core";
import { damaged, readFailure } from "./journal-error.ts";
import type { RunFiles } from "./run-files.ts";
import { type RunState, type StoredHeader, type UndoState, emptyState, ourVersion } from "./run-state.ts";
import { SealedTable } from "./sealed-table.ts";

/** Raised when the tables change their meaning. */
const format = 1;
const applicationId = 0x6368_616f;
const waitForOthersMs = 5_000;
const eventsAtOnce = 500;

/** The one row of `header` and of `state`. */
export const only = 1;

export class JournalTables {
  readonly header: SealedTable<StoredHeader>;
  readonly state: SealedTable<RunState>;
  readonly #events: SealedTable<Event>;
  readonly undos: SealedTable<UndoState>;
  /** Apart from the undos, because they may be large. */
  readonly records: SealedTable<unknown>;

  constructor(db: DatabaseSync) {
    this.header = new SealedTable(db, "header");
    this.state = new SealedTable(db, "state");
    this.#events = new SealedTable(db, "event");
    this.undos = new SealedTable(db, "undo");
    this.records = new SealedTable(db, "undo_record");
  }

  static schema = ["header", "state", "event", "undo", "undo_record"].map((name) => SealedTable.schema(name)).join(";");

  putEvent(event: Event): void {
    this.#events.put(event.seq, event);
  }

  /** The next events, at most a batch of them. */
  eventsAfter(after: number, state: RunState): Event[] {
    const events = this.#events.range(after + 1, Math.min(after + eventsAtOnce, state.events));
    const newer = events.find((event) => event.v > eventVersion);
    if (newer) throw needsNewer(`event ${newer.seq} is of version ${newer.v}`, state.version);
    return events;
  }
}

const needsNewer = (what: string, version: string) =>
  new ChaosError(
    "journal-damaged",
    `The journal was written by chaos ${version}, which chaos ${ourVersion} cannot read: ${what}`,
    { remedy: `Use chaos ${version} or newer for this run`, facts: { needs: version } },
  );

function checkFormat(db: DatabaseSync, files: RunFiles): void {
  const pragma = (name: string) => Number(db.prepare(`PRAGMA ${name}`).get()?.[name]);
  if (pragma("application_id") !== applicationId) throw damaged(files.journal, "it is not a journal of ours");
  const found = pragma("user_version");
  if (found === format) return;
  const state = db.prepare("SELECT json FROM state").get();
  throw needsNewer(`its format is ${found}`, (JSON.parse(String(state?.json)) as RunState).version);
}

/** Unsafe, and there for one reason: the power-loss test must fail with it, or it proves nothing. */
const synchronous = () => (process.env.CHAOS_JOURNAL_SYNC === "off" ? "OFF" : "FULL");

function openForWriting(files: RunFiles, mode: "rw" | "rwc"): DatabaseSync {
  if (mode === "rw") mustExist(files);
  const url = pathToFileURL(files.journal);
  url.searchParams.set("mode", mode);
  const db = new DatabaseSync(url, { timeout: waitForOthersMs });
  try {
    // A checkpoint costs as much as many commits: at 16 MiB it falls on fewer than one in a hundred of them.
    db.exec(`PRAGMA synchronous = ${synchronous()}; PRAGMA fullfsync = ON; PRAGMA wal_autocheckpoint = 4096`);
    if (db.prepare("PRAGMA journal_mode = WAL").get()?.journal_mode === "wal") return db;
    throw new Error("it cannot be switched to write-ahead logging");
  } catch (error) {
    db.close();
    throw error;
  }
}

/** A new journal, whole and on disk. */
export function createJournal(files: RunFiles, header: StoredHeader): void {
  using db = openForWriting(files, "rwc");
  db.exec(`BEGIN; PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${format}`);
  db.exec(JournalTables.schema);
  const tables = new JournalTables(db);
  tables.header.put(only, header);
  tables.state.put(only, emptyState);
  db.exec("COMMIT");
}

export interface OpenJournal {
  db: DatabaseSync;
  tables: JournalTables;
  state: RunState;
}

/** An existing journal, for the one who holds its lock. */
export function openJournal(files: RunFiles): OpenJournal {
  const db = openForWriting(files, "rw");
  try {
    checkFormat(db, files);
    const tables = new JournalTables(db);
    return { db, tables, state: { ...tables.state.get(only), version: ourVersion } };
  } catch (error) {
    db.close();
    throw error;
  }
}

function mustExist({ journal }: RunFiles): void {
  if (!existsSync(journal)) throw damaged(journal, "it is not there");
}

/** One consistent look at a journal, live or not, without its lock. */
export function readJournal<T>(files: RunFiles, read: (tables: JournalTables) => T): T {
  mustExist(files);
  const url = pathToFileURL(files.journal);
  const closed = !existsSync(files.wal);
  // SQLite would leave a log and an index beside a journal that nobody writes, only because we looked.
  if (closed) url.searchParams.set("immutable", "1");
  try {
    using db = new DatabaseSync(url, { readOnly: true, timeout: waitForOthersMs });
    checkFormat(db, files);
    db.exec("BEGIN");
    return read(new JournalTables(db));
  } catch (error) {
    if (closed && existsSync(files.wal)) return readJournal(files, read);
    throw readFailure(error, files);
  }
}
