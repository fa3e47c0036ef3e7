import type { Clock, Event } from "@chaos-agents/core";
import type { RunSummary } from "@chaos-agents/engine";
import { describeError } from "@chaos-agents/core";
import { only, readJournal } from "./journal-database.ts";
import type { RunFiles } from "./run-files.ts";
import { isLocked } from "./run-lock.ts";
import type { StoredHeader, UndoState } from "./run-state.ts";

const pollMs = 100;

export const readHeader = (files: RunFiles): StoredHeader => readJournal(files, (tables) => tables.header.get(only));

export const readEntries = (files: RunFiles): UndoState[] =>
  readJournal(files, ({ state, undos }) => undos.range(1, state.get(only).undos));

/** Never throws: what cannot be read is said in the summary. */
export function summarize(files: RunFiles): RunSummary {
  const { run } = files;
  const live = isLocked(files.lock);
  try {
    return readJournal(files, (tables) => {
      const { experiment, startedAt, file = null } = tables.header.get(only);
      const { finishedAt, verdict, phase, pending } = tables.state.get(only);
      return { run, experiment, file, startedAt, finishedAt, verdict, phase, live, pending, damaged: null };
    });
  } catch (error) {
    const empty = {
      experiment: "",
      file: null,
      startedAt: 0,
      finishedAt: null,
      verdict: null,
      phase: null,
      pending: 0,
    };
    return { run, ...empty, live, damaged: describeError(error) };
  }
}

interface Following {
  after: number;
  follow: boolean;
  signal: AbortSignal | undefined;
  clock: Clock;
}

export async function* readEvents(files: RunFiles, { after, follow, signal, clock }: Following): AsyncIterable<Event> {
  let seen = after;
  for (;;) {
    if (signal?.aborted) return;
    // Asked before reading, so that what was written until the lock was given up is read.
    const live = isLocked(files.lock);
    const { events, state } = readJournal(files, (tables) => {
      const state = tables.state.get(only);
      return { state, events: tables.eventsAfter(seen, state) };
    });
    for (const event of events) {
      if (signal?.aborted) return;
      yield event;
      seen = event.seq;
    }
    if (seen < state.events) continue;
    if (!follow || (!live && state.verdict !== null)) return;
    await clock.sleep(pollMs, signal).catch((error: unknown) => {
      if (!signal?.aborted) throw error;
    });
  }
}
