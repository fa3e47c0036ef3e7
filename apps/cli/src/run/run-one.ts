import { mkdir } from "node:fs/promises";
import { catalog } from "@chaos-agents/catalog";
import { seededRandom, systemClock } from "@chaos-agents/core";
import {
  type JournalStore,
  type RunOutcome,
  type StopSource,
  planExperiment,
  runExperiment,
} from "@chaos-agents/engine";
import type { PlannedExperiment } from "@chaos-agents/experiment-file";
import { tellFailure } from "../failure.ts";
import type { Terminal } from "../terminal.ts";
import { version } from "../version.ts";
import { writeReports } from "./report-files.ts";
import type { RunOptions } from "./run-file.ts";
import { RunScreen } from "./run-screen.ts";

interface OneRun {
  file: string;
  planned: PlannedExperiment;
  options: RunOptions;
  /** Where its reports go; undefined: nowhere. */
  folder: string | undefined;
  seed: number;
  store: JournalStore;
  stop: StopSource;
  terminal: Terminal;
}

/** After these nothing new may be broken: something is still broken, or somebody wants it to end. */
const last: ReadonlySet<RunOutcome["verdict"]> = new Set(["rollback-incomplete", "interrupted", "halted"]);

export async function runOne({ file, planned, options, folder, seed, store, stop, terminal }: OneRun) {
  const { experiment, source, secrets, redact } = planned;
  const screen = new RunScreen(terminal, { ...options, keep: folder !== undefined });
  const request = {
    catalog,
    clock: systemClock,
    random: seededRandom(seed),
    experiment,
    source,
    secrets,
    redact,
    version,
    file,
    stop,
    listeners: [screen.listener],
  };
  try {
    // Before anything is broken: a folder that cannot be written to is better known now.
    if (folder !== undefined) await mkdir(folder, { recursive: true });
    const { verdict } = options.dryRun
      ? await planExperiment(request)
      : await runExperiment({ ...request, store, run: options.runId, approve: () => screen.approve(stop.signal) });
    const exitCode = screen.finish();
    if (folder !== undefined) screen.tellReport(await writeReports(screen.events, folder));
    return { exitCode, goOn: !last.has(verdict) };
  } catch (error) {
    screen.close();
    const exitCode = tellFailure(error, terminal);
    return { exitCode: (await tellLeft(screen.run, store, terminal)) ? 4 : exitCode, goOn: false };
  }
}

/** After a failure of our own only the journal knows whether something is still changed. */
async function tellLeft(run: string | null, store: JournalStore, terminal: Terminal): Promise<boolean> {
  if (run === null) return false;
  const { pending } = await store.summary(run).catch(() => ({ pending: 0 }));
  if (pending > 0) terminal.say(`${pending} left to undo: chaos recover ${run}`);
  return pending > 0;
}
