import { DatabaseSync } from "node:sqlite";
import { isBusy } from "./journal-error.ts";

/*
 * SQLite's exclusive lock on a file of its own. The kernel gives it up when the process dies, however it dies, and no
 * pid can be mistaken for another's. Never open the file by other means: closing any descriptor of it drops the lock.
 */

/** Somebody looking whether we live holds the file for microseconds; a live run holds it for good. */
const patienceMs = 250;

const version = (db: DatabaseSync) => db.prepare("PRAGMA user_version").get()!.user_version;

/** Takes the lock until disposed, or returns undefined while another holds it. */
export function tryLock(path: string): Disposable | undefined {
  if (isLocked(path)) return undefined;
  const db = new DatabaseSync(path, { timeout: patienceMs });
  try {
    db.exec("BEGIN EXCLUSIVE");
    // An empty file would need a rollback journal, and a killed process would leave that behind.
    if (version(db) === 0) db.exec("PRAGMA user_version = 1; COMMIT; BEGIN EXCLUSIVE");
    return db;
  } catch (error) {
    db.close();
    if (isBusy(error)) return undefined;
    throw error;
  }
}

/** Whether a process holds the lock, this one included. Askers do not disturb each other. */
export function isLocked(path: string): boolean {
  try {
    using db = new DatabaseSync(path, { readOnly: true });
    version(db);
    return false;
  } catch (error) {
    return isBusy(error);
  }
}
