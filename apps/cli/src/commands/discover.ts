import { catalog } from "@chaos-agents/catalog";
import { ChaosError, type Discovery, type Experiment, systemClock } from "@chaos-agents/core";
import { newRunId, withDeadline } from "@chaos-agents/engine";
import type { Command } from "commander";
import { examples } from "../examples.ts";
import { loadExperiments } from "../load-experiments.ts";
import { table } from "../table.ts";
import type { Terminal } from "../terminal.ts";

interface Found extends Discovery {
  target: string;
  label: string;
}

export function define(command: Command, terminal: Terminal): void {
  command
    .description("Connects to a file's targets, reads what is there, and prints it as tables. Changes nothing.")
    .argument("<file>", "an experiment file")
    .option("--json", "a JSON array, one object a target")
    .addHelpText(
      "after",
      examples(
        ["chaos discover shop.yaml", "tables, keys, triggers, settings, load"],
        ["chaos discover shop.yaml --json | jq '.[].summary'", "for programs"],
      ),
    )
    .action(async (file: string, { json = false }: { json?: boolean }) => {
      const experiments = await loadExperiments(file, terminal);
      const found: Found[] = [];
      for (const { experiment } of experiments) {
        for (const target of Object.keys(experiment.targets))
          found.push(await look(experiment, target, terminal.closed));
      }
      if (json) return terminal.printJson(found);
      for (const { target, label, summary, tables } of found) {
        terminal.print(terminal.style("bold", `${target}: ${label}`));
        terminal.print(summary);
        for (const { title, columns, rows } of tables) {
          terminal.print(`\n${terminal.style("underline", title)}`);
          terminal.print(rows.length > 0 ? table(columns, rows, { width: terminal.width() }) : "(none)");
        }
        terminal.print();
      }
    });
}

async function look(experiment: Experiment, name: string, signal: AbortSignal): Promise<Found> {
  const { kind, config } = experiment.targets[name]!;
  const agent = catalog.agents.find((one) => one.target === kind);
  if (!agent) throw new ChaosError("unsupported", `this version cannot reach targets of kind "${kind}"`);
  const mark = `chaos/${newRunId(systemClock.now())}`;
  await using target = await withDeadline(`connecting to ${name}`, 30_000, [signal], (patience) =>
    agent.connect(config, { mark, signal: patience, clock: systemClock }),
  );
  const discovery = await withDeadline(`looking at ${name}`, 60_000, [signal], (patience) => target.discover(patience));
  return { target: name, label: target.label, ...discovery };
}
