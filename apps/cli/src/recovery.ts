import { catalog } from "@chaos-agents/catalog";
import { type Event, seededRandom, systemClock } from "@chaos-agents/core";
import { type JournalStore, type RunSummary, type StopSource, recoverRun } from "@chaos-agents/engine";
import { reviveExperiment } from "@chaos-agents/experiment-file";
import pLimit from "p-limit";
import { worstOf } from "./exit-code.ts";
import { tellFailure } from "./failure.ts";
import type { Terminal } from "./terminal.ts";

interface Recovering {
  store: JournalStore;
  stop: StopSource;
  terminal: Terminal;
  /** The targets are others now, and that is meant. */
  moved?: boolean;
}

/** Undoes what these runs left, side by side, and tells of each. Returns the exit code: 0 when all are clean. */
export async function recoverRuns(runs: readonly RunSummary[], recovering: Recovering): Promise<number> {
  const limit = pLimit(8);
  return worstOf(await Promise.all(runs.map(({ run }) => limit(() => recoverOne(run, recovering)))));
}

async function recoverOne(run: string, { store, stop, terminal, moved = false }: Recovering): Promise<number> {
  terminal.print(`${run}: undoing what it left`);
  try {
    const { left } = await recoverRun({
      catalog,
      store,
      clock: systemClock,
      random: seededRandom(0),
      run,
      revive: async (header) => {
        const revived = reviveExperiment(header, { catalog, env: terminal.env });
        terminal.hide(revived.redact);
        return revived;
      },
      stop,
      moved,
      listeners: [(event) => tell(event, run, terminal)],
    });
    if (left.length === 0) {
      terminal.print(`${run}: ${terminal.style("green", "clean")}, everything it changed is put back`);
      return 0;
    }
    terminal.print(`${run}: ${terminal.style("red", `${left.length} left`)}`);
    for (const { label, why } of left) terminal.print(`  - ${label}: ${why}`);
    terminal.print(`  type \`chaos recover ${run}\` to try again`);
    return 4;
  } catch (error) {
    return tellFailure(error, terminal, `${run}: `);
  }
}

function tell(event: Event, run: string, terminal: Terminal): void {
  if (event.type !== "undo-finished") return;
  terminal.print(`${run}: ${event.outcome}: ${event.detail}`);
  for (const remains of event.remains) terminal.print(`${run}:   remains: ${remains}`);
}
