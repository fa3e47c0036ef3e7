import type { DatabaseSync } from "node:sqlite";
import type { Notice } from "./notice.ts";
import { nothingYet, type RunMemory } from "./run-memory.ts";
import { openTables } from "../open-tables.ts";

export interface Waiting {
  id: number;
  notice: Notice;
  attempts: number;
  /** When it was put here; both are milliseconds since the epoch. */
  since: number;
  notBefore: number;
}

const schema = `
  CREATE TABLE IF NOT EXISTS runs (
    run TEXT PRIMARY KEY, seq INTEGER NOT NULL, critical INTEGER NOT NULL, at INTEGER NOT NULL, memory TEXT NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT, receiver TEXT NOT NULL, run TEXT NOT NULL, notice_id TEXT NOT NULL,
    notice TEXT NOT NULL, since INTEGER NOT NULL, attempts INTEGER NOT NULL, not_before INTEGER NOT NULL,
    UNIQUE (receiver, notice_id)
  ) STRICT;
  CREATE INDEX IF NOT EXISTS runs_by_time ON runs (at);
  CREATE INDEX IF NOT EXISTS outbox_order ON outbox (receiver, run, id);
`;

/** Notices on disk until they are delivered, and what is known of their runs. Everything is durable when a call returns. */
export class Outbox implements Disposable {
  readonly #db: DatabaseSync;

  constructor(folder: string) {
    this.#db = openTables(folder, "notices.db", schema);
  }

  memory(run: string): RunMemory {
    const row = this.#db.prepare("SELECT memory FROM runs WHERE run = ?").get(run);
    return row ? (JSON.parse(String(row["memory"])) as RunMemory) : nothingYet;
  }

  /** What is now known of a run, and its notice for each of these receivers: all of it or nothing. */
  put(run: string, memory: RunMemory, at: number, notice: Notice | null, receivers: readonly string[]): void {
    const insert = this.#db.prepare(
      `INSERT INTO outbox (receiver, run, notice_id, notice, since, attempts, not_before) VALUES (?, ?, ?, ?, ?, 0, 0)
       ON CONFLICT DO NOTHING`,
    );
    this.#db.exec("BEGIN IMMEDIATE");
    try {
      this.#db
        .prepare("INSERT OR REPLACE INTO runs (run, seq, critical, at, memory) VALUES (?, ?, ?, ?, ?)")
        .run(run, memory.seq, Number(memory.critical), at, JSON.stringify(memory));
      if (notice) for (const name of receivers) insert.run(name, run, notice.id, JSON.stringify(notice), at);
      this.#db.exec("COMMIT");
    } catch (error) {
      this.#db.exec("ROLLBACK");
      throw error;
    }
  }

  /** What a receiver is to get next: of each run only the oldest, so that each run's keep their order. */
  next(receiver: string): Waiting | null {
    const row = this.#db
      .prepare(
        `SELECT id, notice, attempts, since, not_before FROM outbox AS o WHERE receiver = ? AND NOT EXISTS (
           SELECT 1 FROM outbox AS e WHERE e.receiver = o.receiver AND e.run = o.run AND e.id < o.id
         ) ORDER BY not_before, id LIMIT 1`,
      )
      .get(receiver);
    if (!row) return null;
    const { id, notice, attempts, since, not_before: notBefore } = row;
    return {
      id: Number(id),
      notice: JSON.parse(String(notice)) as Notice,
      attempts: Number(attempts),
      since: Number(since),
      notBefore: Number(notBefore),
    };
  }

  later({ id, attempts }: Waiting, notBefore: number): void {
    this.#db.prepare("UPDATE outbox SET attempts = ?, not_before = ? WHERE id = ?").run(attempts + 1, notBefore, id);
  }

  remove({ id }: Waiting): void {
    this.#db.prepare("DELETE FROM outbox WHERE id = ?").run(id);
  }

  /** Forgets runs that nobody heard of since `time`, but for those of which something critical is not resolved. */
  forget(time: number): void {
    const waiting = "SELECT run FROM outbox";
    this.#db.prepare(`DELETE FROM runs WHERE at < ? AND critical = 0 AND run NOT IN (${waiting})`).run(time);
  }

  /** What waits since before `time` for somebody who is none of these is waited for by nobody. */
  dropOthers(receivers: readonly string[], time: number): void {
    const others = "receiver NOT IN (SELECT value FROM json_each(?))";
    this.#db.prepare(`DELETE FROM outbox WHERE since < ? AND ${others}`).run(time, JSON.stringify(receivers));
  }

  [Symbol.dispose](): void {
    this.#db.close();
  }
}
