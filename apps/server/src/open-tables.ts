import { closeSync, mkdirSync, openSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/**
 * A SQLite file of the room's own, made with this schema where there is none; nobody but its owner may read it. What is
 * committed survives a power cut, but for a `copy` of what stands elsewhere, which survives only our own end.
 */
export function openTables(folder: string, name: string, schema: string, { copy = false } = {}): DatabaseSync {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, name);
  // SQLite gives the files beside it the same mode
  closeSync(openSync(path, "a", 0o600));
  const db = new DatabaseSync(path, { timeout: 5_000 });
  // half a megabyte of pages: the kernel has the rest
  db.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = ${copy ? "NORMAL" : "FULL"};
    PRAGMA cache_size = -512;
    ${schema}
  `);
  return db;
}
