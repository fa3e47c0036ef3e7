import { type Clock, formatDuration, counted } from "@chaos-agents/core";
import type { JournalStore, RunSummary } from "@chaos-agents/engine";
import type { Terminal } from "./terminal.ts";

const look = 100;

/** Waits until every live run, or `only` one, has undone and ended, telling of each. Returns those still live when time was up. */
export async function waitForRuns(
  store: JournalStore,
  terminal: Terminal,
  clock: Clock,
  { timeout, signal, only }: { timeout: number; signal: AbortSignal; only?: string },
): Promise<RunSummary[]> {
  const began = clock.monotonic();
  const liveOnes = async () =>
    (await store.list()).filter((run) => run.live && (only === undefined || run.run === only));
  let live = await liveOnes();
  if (live.length > 0) terminal.print(`Waiting for ${counted(live.length, "live run")} to undo and end.`);
  while (live.length > 0 && clock.monotonic() - began < timeout) {
    await clock.sleep(look, signal);
    const now = await Promise.all(live.map(({ run }) => store.summary(run)));
    for (const { run, experiment, verdict, pending } of now.filter((run) => !run.live)) {
      const how = pending > 0 ? `${pending} left to undo` : (verdict ?? "cut off");
      terminal.print(`  ${run} ${experiment}: ended after ${since(began, clock)}, ${how}`);
    }
    live = now.filter((run) => run.live);
    // A run may have begun in the moment before the lever was set.
    if (live.length === 0) live = await liveOnes();
  }
  return live;
}

const since = (began: number, clock: Clock) => formatDuration(Math.max(1, clock.monotonic() - began));
