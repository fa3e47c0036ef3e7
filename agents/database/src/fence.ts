import type { Clock } from "@chaos-agents/core";
import type { Ask, Dialect, OurSession } from "./dialect.ts";

const firstPauseMs = 10;
const longestPauseMs = 250;

interface Ending {
  find: (ask: Ask) => Promise<OurSession[]>;
  clock: Clock;
  signal: AbortSignal;
}

/** Ends what `find` finds, again and again until it finds nothing and nothing of it is left; returns how many it were. */
export async function endSessions(dialect: Dialect, ask: Ask, { find, clock, signal }: Ending): Promise<number> {
  const ended = new Set<string>();
  for (let pause = firstPauseMs; ; pause = Math.min(pause * 2, longestPauseMs)) {
    const found = await find(ask);
    for (const { id, mark } of found) {
      await dialect.endSession(ask, id, mark);
      ended.add(id);
    }
    if (found.length === 0 && (await allGone(dialect, ask, ended))) return ended.size;
    await clock.sleep(pause, signal);
  }
}

async function allGone(dialect: Dialect, ask: Ask, ids: Iterable<string>): Promise<boolean> {
  for (const id of ids) if (!(await dialect.isGone(ask, id))) return false;
  return true;
}
