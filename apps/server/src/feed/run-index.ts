import type { DatabaseSync, SQLInputValue } from "node:sqlite";
import type { Run } from "../api/shapes.ts";
import { openTables } from "../open-tables.ts";

export interface RunQuery {
  /** In the experiment's name, the file or the run's id. */
  q?: string | undefined;
  verdict?: string | undefined;
  /** `open`: left something to undo, or cannot be read. */
  state?: "live" | "ended" | "open" | undefined;
  limit: number;
  /** As `next` of the page before it. */
  before?: string | undefined;
}

const columns = "run, experiment, file, started_at, finished_at, verdict, phase, live, pending, damaged";

const schema = `
  CREATE TABLE IF NOT EXISTS runs (
    run TEXT PRIMARY KEY, experiment TEXT NOT NULL, file TEXT, started_at INTEGER NOT NULL, finished_at INTEGER,
    verdict TEXT, phase TEXT, live INTEGER NOT NULL, pending INTEGER NOT NULL, damaged TEXT,
    told INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE INDEX IF NOT EXISTS runs_by_time ON runs (started_at DESC, run DESC);
  CREATE INDEX IF NOT EXISTS runs_unsettled ON runs (live, pending, verdict);
`;

/**
 * What is known of every run, so that nobody has to open ten thousand journals to list them. Only a copy: whatever stands
 * here follows from the journals, and is read again from them where the file is missing.
 */
export class RunIndex implements Disposable {
  readonly #db: DatabaseSync;

  constructor(folder: string) {
    this.#db = openTables(folder, "history.db", schema, { copy: true });
  }

  put(run: Run): void {
    const { run: id, experiment, file, startedAt, finishedAt, verdict, phase, live, pending, damaged } = run;
    this.#db
      .prepare(
        `INSERT INTO runs (${columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (run) DO UPDATE SET experiment = excluded.experiment, file = excluded.file,
           started_at = excluded.started_at, finished_at = excluded.finished_at, verdict = excluded.verdict,
           phase = excluded.phase, live = excluded.live, pending = excluded.pending, damaged = excluded.damaged`,
      )
      .run(id, experiment, file, startedAt, finishedAt, verdict, phase, Number(live), pending, damaged);
  }

  get(run: string): Run | undefined {
    const row = this.#db.prepare(`SELECT ${columns} FROM runs WHERE run = ?`).get(run);
    return row && runOf(row);
  }

  /** Ids of all. */
  names(): Set<string> {
    return new Set(
      this.#db
        .prepare("SELECT run FROM runs")
        .all()
        .map(({ run }) => String(run)),
    );
  }

  /** Those that may still change: live, without an end, or with something left to undo. */
  unsettled(): Run[] {
    const where = "live = 1 OR pending > 0 OR verdict IS NULL";
    return this.#db.prepare(`SELECT ${columns} FROM runs WHERE ${where}`).all().map(runOf);
  }

  remove(run: string): void {
    this.#db.prepare("DELETE FROM runs WHERE run = ?").run(run);
  }

  /** Seq of the newest event that listeners were told of. */
  told(run: string): number {
    return Number(this.#db.prepare("SELECT told FROM runs WHERE run = ?").get(run)?.told ?? 0);
  }

  setTold(run: string, seq: number): void {
    this.#db.prepare("UPDATE runs SET told = ? WHERE run = ?").run(seq, run);
  }

  /** Newest first. */
  page({ q, verdict, state, limit, before }: RunQuery): { runs: Run[]; next: string | null; total: number } {
    const words: string[] = [];
    const values: SQLInputValue[] = [];
    if (q) {
      words.push("(experiment LIKE ? ESCAPE '\\' OR file LIKE ? ESCAPE '\\' OR run LIKE ? ESCAPE '\\')");
      values.push(...Array<string>(3).fill(`%${q.replaceAll(/[\\%_]/g, "\\$&")}%`));
    }
    if (verdict) {
      words.push("verdict = ?");
      values.push(verdict);
    }
    if (state) words.push(states[state]);
    const where = words.length > 0 ? `WHERE ${words.join(" AND ")}` : "";
    const total = Number(this.#db.prepare(`SELECT count(*) AS n FROM runs ${where}`).get(...values)!.n);
    const [at, id] = before?.split("~") ?? [];
    if (at !== undefined && id !== undefined) {
      words.push("(started_at, run) < (?, ?)");
      values.push(Number(at), id);
    }
    const from = words.length > 0 ? `WHERE ${words.join(" AND ")}` : "";
    const rows = this.#db
      .prepare(`SELECT ${columns} FROM runs ${from} ORDER BY started_at DESC, run DESC LIMIT ?`)
      .all(...values, limit + 1)
      .map(runOf);
    const runs = rows.slice(0, limit);
    const last = runs.at(-1);
    return { runs, next: rows.length > limit && last ? `${last.startedAt}~${last.run}` : null, total };
  }

  [Symbol.dispose](): void {
    this.#db.close();
  }
}

const states = {
  live: "live = 1",
  ended: "live = 0",
  open: "live = 0 AND (pending > 0 OR damaged IS NOT NULL)",
} as const;

const runOf = (row: Record<string, unknown>): Run => ({
  run: String(row["run"]),
  experiment: String(row["experiment"]),
  file: row["file"] as string | null,
  startedAt: Number(row["started_at"]),
  finishedAt: row["finished_at"] as number | null,
  verdict: row["verdict"] as Run["verdict"],
  phase: row["phase"] as Run["phase"],
  live: row["live"] === 1,
  pending: Number(row["pending"]),
  damaged: row["damaged"] as string | null,
});
