import { catalog } from "@chaos-agents/catalog";
import { ChaosError, systemClock } from "@chaos-agents/core";
import { type JournalStore, type RunSummary, sweep, type TargetMarks } from "@chaos-agents/engine";
import { openStore } from "@chaos-agents/journal";
import type { Command } from "commander";
import { isAbandoned, nothingLeft } from "../abandoned.ts";
import { examples } from "../examples.ts";
import { worstOf } from "../exit-code.ts";
import { findRun } from "../find-run.ts";
import { loadExperiments } from "../load-experiments.ts";
import { recoverRuns } from "../recovery.ts";
import { limitsOfSight, nothingOfOurs } from "../sight.ts";
import { shown, table } from "../table.ts";
import type { Terminal } from "../terminal.ts";
import { WaysOut } from "../ways-out.ts";
import { howItEnded } from "./runs.ts";

interface RecoverOptions {
  all?: boolean;
  moved?: boolean;
  sweep?: string;
}

export function define(command: Command, terminal: Terminal): void {
  command
    .description(
      "Undoes what a run left behind when its process was killed, from its journal alone. Without arguments it says what " +
        "is open. Safe to run twice, and beside other recoveries.",
    )
    .argument("[run]", "a run's id, the beginning of one, or `last`")
    .option("--all", "every run that left something")
    .option("--moved", "undo even where a target is another server or database now: what was broken has moved there")
    .option("--sweep <file>", "when the journal is lost: remove our marks from the targets of this file")
    .addHelpText(
      "after",
      examples(
        ["chaos recover", "what is open, and what to type"],
        ["chaos recover --all", "undo all of it"],
        ["chaos recover --sweep shop.yaml", "the journal is gone: remove what carries our mark"],
      ),
    )
    .action(async (word: string | undefined, { all = false, moved = false, sweep: file }: RecoverOptions) => {
      if ([word !== undefined, all, file !== undefined].filter(Boolean).length > 1) {
        throw new ChaosError("usage", "a run, --all and --sweep exclude each other", { remedy: "give one of them" });
      }
      const ways = new WaysOut(terminal);
      const store = openStore();
      const recover = (runs: readonly RunSummary[]) => recoverRuns(runs, { store, stop: ways.stop, terminal, moved });
      const abandoned = async () => (await store.list()).filter(isAbandoned);
      process.exitCode = await ways.lead(async () => {
        if (file !== undefined) return await sweepTargets(file, store, terminal, ways);
        if (word !== undefined) return await recover([await findRun(store, word)]);
        const open = await abandoned();
        return all && open.length > 0 ? await recover(open) : await offer(open, recover, terminal, ways);
      });
    });
}

async function offer(
  open: readonly RunSummary[],
  recover: (runs: readonly RunSummary[]) => Promise<number>,
  terminal: Terminal,
  ways: WaysOut,
): Promise<number> {
  if (open.length === 0) {
    terminal.print(nothingLeft);
    return 0;
  }
  const rows = open.map((run) => [run.run, run.experiment, howItEnded(run)]);
  terminal.print(table(["run", "experiment", "state"], rows, { width: terminal.width() }));
  if (terminal.interactive && (await terminal.confirm("\nUndo all of it now?", ways.stop.signal))) {
    return await recover(open);
  }
  terminal.print("\nType `chaos recover RUN` for one of them, or `chaos recover --all`.");
  return 4;
}

async function sweepTargets(file: string, store: JournalStore, terminal: Terminal, ways: WaysOut): Promise<number> {
  const [live] = (await store.list()).filter((run) => run.live);
  if (live) {
    throw new ChaosError("run-locked", `run ${live.run} is live, and sweeping would pull its faults from under it`, {
      remedy: "wait for it, or stop it with `chaos halt`",
    });
  }
  const experiments = await loadExperiments(file, terminal);
  const codes: number[] = [];
  const looked: TargetMarks[] = [];
  for (const { experiment } of experiments) {
    const found = await sweep(experiment, { catalog, clock: systemClock, signal: ways.stop.signal });
    for (const { target, key, detail, result } of found.swept) {
      const failed = result.outcome === "failed";
      terminal.print(shown(`${target}: ${key} (${detail}): ${result.outcome}, ${result.detail}`));
      codes.push(failed ? 4 : 0);
    }
    for (const { target, label, marks, sight, unreachable } of found.targets) {
      if (unreachable !== null) terminal.say(`${target}: could not be looked at: ${unreachable}`);
      else if (marks.length === 0) terminal.print(`${target}: ${label}: ${nothingOfOurs(sight)}`);
      codes.push(unreachable === null ? 0 : 1);
    }
    looked.push(...found.targets);
  }
  for (const line of limitsOfSight(looked)) terminal.print(line);
  return worstOf(codes);
}
