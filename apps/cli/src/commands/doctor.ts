import { catalog } from "@chaos-agents/catalog";
import { systemClock } from "@chaos-agents/core";
import { type Diagnosis, diagnose } from "@chaos-agents/engine";
import { openStore } from "@chaos-agents/journal";
import type { Command } from "commander";
import { examples } from "../examples.ts";
import { worstOf } from "../exit-code.ts";
import { loadExperiments } from "../load-experiments.ts";
import { table } from "../table.ts";
import type { Terminal } from "../terminal.ts";
import { limitsOfSight, nothingOfOurs } from "../sight.ts";
import { howItEnded } from "./runs.ts";

export function define(command: Command, terminal: Terminal): void {
  command
    .description(
      "Looks for anything of ours on a file's targets, whatever the journal says, and for runs that are still open.",
    )
    .argument("<file>", "an experiment file")
    .option("--json", "one JSON object")
    .addHelpText("after", examples(["chaos doctor shop.yaml", "is anything of ours still there?"]))
    .action(async (file: string, { json = false }: { json?: boolean }) => {
      const experiments = await loadExperiments(file, terminal);
      const store = openStore();
      const found: (Diagnosis & { experiment: string })[] = [];
      for (const { experiment } of experiments) {
        const looking = { catalog, clock: systemClock, signal: terminal.closed };
        found.push({ experiment: experiment.name, ...(await diagnose(experiment, store, looking)) });
      }
      const targets = found.flatMap((one) => one.targets.map((target) => ({ experiment: one.experiment, ...target })));
      const open = found[0]?.open ?? [];
      if (json) terminal.printJson({ targets: targets.map(inWords), open });
      else tell(targets, open, terminal);
      process.exitCode = worstOf([
        ...targets.map(({ marks, unreachable }) => (unreachable === null ? (marks.length > 0 ? 4 : 0) : 1)),
        open.some((run) => !run.live) ? 4 : 0,
      ]);
    });
}

/** In JSON a way to remove a mark is only whether there is one. */
const inWords = ({ marks, ...target }: Diagnosis["targets"][number] & { experiment: string }) => ({
  ...target,
  marks: marks.map((mark) => ({ ...mark, remove: mark.remove !== null })),
});

function tell(targets: Diagnosis["targets"], open: Diagnosis["open"], terminal: Terminal): void {
  for (const { target, label, marks, sight, unreachable } of targets) {
    const title = terminal.style("bold", `${target}: ${label}`);
    if (unreachable !== null) terminal.print(`${title}: could not be looked at: ${unreachable}`);
    else if (marks.length === 0) terminal.print(`${title}: ${nothingOfOurs(sight)}`);
    else {
      terminal.print(title);
      const rows = marks.map(({ key, run, remove, detail }) => [
        key,
        run ?? null,
        remove ? "sweep" : "recover",
        detail,
      ]);
      terminal.print(table(["mark", "run", "goes with", "detail"], rows, { width: terminal.width() }));
    }
  }
  for (const line of limitsOfSight(targets)) terminal.print(line);
  if (open.length === 0) return;
  terminal.print(`\n${terminal.style("bold", "Open runs on this machine")}`);
  const rows = open.map((run) => [run.run, run.experiment, howItEnded(run)]);
  terminal.print(table(["run", "experiment", "state"], rows, { width: terminal.width() }));
}
