import { ChaosError, counted } from "@chaos-agents/core";
import { randomInt } from "node:crypto";
import { join } from "node:path";
import { type JournalStore } from "@chaos-agents/engine";
import type { PlannedExperiment } from "@chaos-agents/experiment-file";
import { openStore } from "@chaos-agents/journal";
import { isAbandoned } from "../abandoned.ts";
import { worstOf } from "../exit-code.ts";
import { loadExperiments } from "../load-experiments.ts";
import { recoverRuns } from "../recovery.ts";
import type { Terminal } from "../terminal.ts";
import { WaysOut } from "../ways-out.ts";
import { folderName } from "./report-files.ts";
import { runOne } from "./run-one.ts";

export interface RunOptions {
  dryRun?: boolean;
  only?: string;
  yes?: boolean;
  json?: boolean;
  report?: string;
  seed?: number;
  /** What standard input is called. */
  named?: string;
  /** The run's id, for whoever has to know it beforehand. */
  runId?: string;
  /** Digest of the one plan that may be run. */
  approved?: string;
}

/** Runs a file's experiments one after the other, each as a run of its own. Returns the worst of their exit codes. */
export async function runFile(file: string, options: RunOptions, terminal: Terminal): Promise<number> {
  const experiments = await loadExperiments(file, terminal, { only: options.only });
  if (options.runId !== undefined && experiments.length > 1) {
    throw new ChaosError("usage", "--run-id names one run, and the file has several experiments", {
      remedy: "choose one with --only",
    });
  }
  const ways = new WaysOut(terminal);
  return await ways.lead(() => runAll(file, experiments, { options, ways, terminal }));
}

interface Running {
  options: RunOptions;
  ways: WaysOut;
  terminal: Terminal;
}

async function runAll(file: string, experiments: readonly PlannedExperiment[], { options, ways, terminal }: Running) {
  const store = openStore();
  const seed = options.seed ?? randomInt(2 ** 32);
  if (!options.dryRun) await tellAbandoned(store, ways, terminal);
  const codes: number[] = [];
  let goOn = true;
  for (const [index, planned] of experiments.entries()) {
    if (!goOn || ways.stop.signal.aborted) break;
    const folder =
      options.report === undefined || experiments.length === 1
        ? options.report
        : join(options.report, folderName(index, planned.experiment.name));
    const ended = await runOne({
      file: options.named ?? file,
      planned,
      options,
      folder,
      seed,
      store,
      stop: ways.stop,
      terminal,
    });
    codes.push(ended.exitCode);
    goOn = ended.goOn;
  }
  const notStarted = experiments.slice(codes.length).map(({ experiment }) => experiment.name);
  if (notStarted.length > 0) terminal.say(`Not started after that: ${notStarted.join(", ")}`);
  return worstOf(ways.stop.signal.aborted ? [...codes, 130] : codes);
}

/** What earlier runs left is said before anything new is broken on top of it, and can be undone first. */
async function tellAbandoned(store: JournalStore, ways: WaysOut, terminal: Terminal): Promise<void> {
  const abandoned = (await store.list()).filter(isAbandoned);
  if (abandoned.length === 0) return;
  const label = terminal.style("yellow", "warning:", terminal.stderr);
  for (const { run, experiment, pending, damaged } of abandoned) {
    const left = damaged ?? `left ${counted(pending, "change")} behind`;
    terminal.say(`${label} run ${run} (${experiment || "unreadable"}) ended early: ${left}`);
  }
  terminal.say("  hint: `chaos recover --all` puts everything back; `chaos recover` says more");
  if (!terminal.interactive || !(await terminal.confirm("Undo that first?", ways.stop.signal))) return;
  await recoverRuns(abandoned, { store, stop: ways.stop, terminal });
}
