import { existsSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { ChaosError, redactor, systemClock } from "@chaos-agents/core";
import type { Clock } from "@chaos-agents/core";
import type { JournalStore, RunHeader } from "@chaos-agents/engine";
import { createRun } from "./create-run.ts";
import { isMissing } from "./durable-file.ts";
import { readFailure, writeFailure } from "./journal-error.ts";
import { openRun } from "./open-run.ts";
import { type RunFiles, isRunName, runFiles } from "./run-files.ts";
import { SqliteRunJournal } from "./run-journal.ts";
import { readEntries, readEvents, readHeader, summarize } from "./run-reader.ts";
import { readSecrets } from "./run-side-files.ts";
import { openLever } from "./safety-lever.ts";
import { stateDirectory } from "./state-directory.ts";

/** The runs in a state directory, by default the user's own. */
export function openStore(home: string = stateDirectory(process.env), clock: Clock = systemClock): JournalStore {
  const runs = join(home, "runs");

  function find(run: string): RunFiles {
    const files = runFiles(run, join(runs, run));
    if (isRunName(run) && existsSync(files.dir)) return files;
    throw new ChaosError("unknown-run", `There is no run ${run} in ${home}`, {
      remedy: "`chaos runs` lists those there are; CHAOS_HOME says where to look",
      facts: { run, home },
    });
  }

  let known: { at: number; mtime: number; names: string[] } | undefined;

  /** Read again only where the folder may have changed: its time is coarse, so a young one is not believed. */
  async function names(): Promise<string[]> {
    try {
      const { mtimeMs: mtime } = await stat(runs);
      if (known && known.mtime === mtime && known.at - mtime > coarseMs) return known.names;
      const at = clock.now();
      const entries = await readdir(runs, { withFileTypes: true });
      const found = entries.filter((entry) => entry.isDirectory() && isRunName(entry.name)).map(({ name }) => name);
      known = { at, mtime, names: found };
      return found;
    } catch (error) {
      if (isMissing(error)) return [];
      throw error;
    }
  }

  return {
    home,
    lever: openLever(home, clock),

    leverOf(run) {
      return openLever(find(run).dir, clock);
    },

    async create(header, { redact }) {
      if (!isRunName(header.run)) throw new ChaosError("internal", `A run cannot be called ${header.run}`);
      const files = runFiles(header.run, join(runs, header.run));
      try {
        return new SqliteRunJournal({ ...(await createRun(files, header)), header, files, redact, clock });
      } catch (error) {
        throw writeFailure(error, files);
      }
    },

    async open(run, { redact } = {}) {
      const files = find(run);
      try {
        const held = await openRun(files);
        return new SqliteRunJournal({ ...held, files, redact: redact ?? knownSecrets(held.header), clock });
      } catch (error) {
        throw readFailure(error, files);
      }
    },

    async header(run) {
      const files = find(run);
      return { ...readHeader(files), secrets: await readSecrets(files) };
    },

    names,

    async list() {
      const found = await names();
      return found.map((run) => summarize(runFiles(run, join(runs, run)))).sort((a, b) => b.startedAt - a.startedAt);
    },

    async summary(run) {
      return summarize(find(run));
    },

    events(run, { after = 0, follow = false, signal } = {}) {
      return readEvents(find(run), { after, follow, signal, clock });
    },

    async entries(run) {
      return readEntries(find(run));
    },
  };
}

/** Far above the tick by which file systems count. */
const coarseMs = 1_000;

const knownSecrets = ({ secrets }: RunHeader) => redactor(Object.values(secrets));
