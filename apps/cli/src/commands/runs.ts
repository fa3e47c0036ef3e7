import type { RunSummary } from "@chaos-agents/engine";
import { openStore } from "@chaos-agents/journal";
import { formatDuration } from "@chaos-agents/core";
import type { Command } from "commander";
import { examples } from "../examples.ts";
import { table } from "../table.ts";
import { isAbandoned } from "../abandoned.ts";
import type { Terminal } from "../terminal.ts";

export function define(command: Command, terminal: Terminal): void {
  command
    .description("Lists this machine's runs, newest first.")
    .option("--json", "a JSON array")
    .addHelpText("after", examples(["chaos runs", "what ran, and how it ended"]))
    .action(async ({ json = false }: { json?: boolean }) => {
      const runs = await openStore().list();
      if (json) return terminal.printJson(runs);
      if (runs.length === 0) return terminal.print("No run was made yet: see `chaos init` and `chaos run`.");
      const width = terminal.width();
      const wide = width === undefined || width >= 90;
      const rows = runs.map((run) => [
        run.run,
        run.experiment,
        ...(wide ? [localTime(run.startedAt), took(run)] : []),
        howItEnded(run),
      ]);
      const columns = ["run", "experiment", ...(wide ? ["started", "took"] : []), "ended"];
      terminal.print(table(columns, rows, { width, heading: (text) => terminal.style("bold", text) }));
      if (runs.some(isAbandoned))
        terminal.print("\nType `chaos recover RUN`, or `chaos recover --all`, to undo what is left.");
    });
}

const localTime = (ms: number) => new Date(ms).toLocaleString("sv-SE");

const took = ({ startedAt, finishedAt }: RunSummary) =>
  finishedAt === null ? null : formatDuration(Math.max(1_000, Math.round((finishedAt - startedAt) / 1_000) * 1_000));

/** How a run stands, in a few words. */
export function howItEnded({ live, phase, verdict, pending, damaged }: RunSummary): string {
  if (damaged !== null) return `damaged: ${damaged}`;
  if (live) return `running (${phase ?? "starting"})`;
  if (pending > 0) return `${verdict ?? "killed"}, ${pending} left to undo`;
  return verdict ?? "killed, nothing to undo";
}
