import type { DatabaseSync } from "node:sqlite";
import type { Job } from "../api/shapes.ts";
import { openTables } from "../open-tables.ts";

/** What the room keeps of a job besides what it shows: how its command is started again after a restart. */
export interface StoredJob extends Job {
  /** Words of the command line after `chaos`, but for the file: that is standard input. */
  words: readonly string[];
}

const schema = `
  CREATE TABLE IF NOT EXISTS jobs (
    id TEXT PRIMARY KEY, queued_at INTEGER NOT NULL, state TEXT NOT NULL, job TEXT NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS jobs_by_state ON jobs (state, queued_at);
  CREATE INDEX IF NOT EXISTS jobs_by_time ON jobs (queued_at);
`;

/** Jobs on disk, so that what was asked for survives us. Everything is durable when a call returns. */
export class JobTable implements Disposable {
  readonly #db: DatabaseSync;

  constructor(folder: string) {
    this.#db = openTables(folder, "jobs.db", schema);
  }

  /** All or none of them. */
  add(jobs: readonly StoredJob[]): void {
    const insert = this.#db.prepare("INSERT INTO jobs (id, queued_at, state, job) VALUES (?, ?, ?, ?)");
    this.#db.exec("BEGIN IMMEDIATE");
    try {
      for (const job of jobs) insert.run(job.id, job.queuedAt, job.state, JSON.stringify(job));
      this.#db.exec("COMMIT");
    } catch (error) {
      this.#db.exec("ROLLBACK");
      throw error;
    }
  }

  put(job: StoredJob): void {
    this.#db.prepare("UPDATE jobs SET state = ?, job = ? WHERE id = ?").run(job.state, JSON.stringify(job), job.id);
  }

  get(id: string): StoredJob | undefined {
    const row = this.#db.prepare("SELECT job FROM jobs WHERE id = ?").get(id);
    return row && parsed(row);
  }

  /** Not yet ended, oldest first. */
  open(): StoredJob[] {
    const open = "SELECT job FROM jobs WHERE state IN ('queued', 'running') ORDER BY queued_at, rowid";
    return this.#db.prepare(open).all().map(parsed);
  }

  /** Newest first. */
  newest(limit: number, state?: Job["state"]): StoredJob[] {
    const which = state === undefined ? "" : "WHERE state = ?";
    const select = `SELECT job FROM jobs ${which} ORDER BY queued_at DESC, rowid DESC LIMIT ?`;
    return this.#db
      .prepare(select)
      .all(...(state === undefined ? [] : [state]), limit)
      .map(parsed);
  }

  /** Those that ended before `time` go; returns their ids. */
  forget(time: number): string[] {
    const ended = "state NOT IN ('queued', 'running') AND queued_at < ?";
    const ids = this.#db.prepare(`SELECT id FROM jobs WHERE ${ended}`).all(time);
    this.#db.prepare(`DELETE FROM jobs WHERE ${ended}`).run(time);
    return ids.map(({ id }) => String(id));
  }

  [Symbol.dispose](): void {
    this.#db.close();
  }
}

const parsed = ({ job }: Record<string, unknown>): StoredJob => JSON.parse(String(job)) as StoredJob;
