import { join } from "node:path";

/** The files of one run. */
export interface RunFiles {
  readonly run: string;
  readonly dir: string;
  readonly journal: string;
  /** There while somebody has the journal open, or died doing so. */
  readonly wal: string;
  readonly lock: string;
  readonly secrets: string;
  readonly reserve: string;
}

export function runFiles(run: string, dir: string): RunFiles {
  const journal = join(dir, "journal.db");
  return {
    run,
    dir,
    journal,
    wal: `${journal}-wal`,
    lock: join(dir, "lock.db"),
    secrets: join(dir, "secrets.json"),
    reserve: join(dir, "reserve"),
  };
}

const nameShape = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

/** Whether a text can name a run: never a path out of the folder of runs, nor a hidden name. */
export function isRunName(text: string): boolean {
  return nameShape.test(text);
}
