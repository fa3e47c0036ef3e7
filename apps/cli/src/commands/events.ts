import { openStore } from "@chaos-agents/journal";
import { createEventLines } from "@chaos-agents/report";
import type { Command } from "commander";
import { examples } from "../examples.ts";
import { findRun } from "../find-run.ts";
import type { Terminal } from "../terminal.ts";

export function define(command: Command, terminal: Terminal): void {
  command
    .description("Prints a run's events in order, each as soon as it is on disk.")
    .argument("<run>", "a run's id, the beginning of one, or `last`")
    .option("-f, --follow", "go on until the run ends")
    .option("--json", "one JSON object a line")
    .addHelpText(
      "after",
      examples(
        ["chaos events last", "the newest run, in words"],
        ["chaos events last --follow", "watch a run that is going on, from another window"],
        ["chaos events last --json | jq .type", "for programs"],
      ),
    )
    .action(async (word: string, { follow = false, json = false }: { follow?: boolean; json?: boolean }) => {
      const store = openStore();
      const { run } = await findRun(store, word);
      const lineOf = createEventLines({ color: terminal.colours(terminal.stdout), all: true });
      for await (const event of store.events(run, { follow, signal: terminal.closed })) {
        const line = json ? JSON.stringify(event) : lineOf(event);
        if (line !== undefined) terminal.print(line);
        if (terminal.closed.aborted) return;
      }
    });
}
