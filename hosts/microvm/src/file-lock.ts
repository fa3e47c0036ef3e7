import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Clock } from "@chaos-agents/core";

/**
 * Waits for its turn among all processes, and has it until disposed. SQLite's exclusive lock: the kernel takes it back
 * from a process that dies.
 */
export async function takeTurn(path: string, clock: Clock, signal: AbortSignal): Promise<Disposable> {
  await mkdir(dirname(path), { recursive: true });
  for (;;) {
    signal.throwIfAborted();
    const turn = tryTurn(path);
    if (turn) return turn;
    await clock.sleep(25, signal);
  }
}

function tryTurn(path: string): Disposable | undefined {
  const db = new DatabaseSync(path, { timeout: 0 });
  try {
    // In memory: a journal file would be left behind by a killed process.
    db.exec("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
    return { [Symbol.dispose]: () => db.close() };
  } catch (error) {
    db.close();
    if ((error as { errcode?: number }).errcode === 5) return undefined;
    throw error;
  }
}
