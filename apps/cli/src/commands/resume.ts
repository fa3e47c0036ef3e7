import { openStore } from "@chaos-agents/journal";
import type { Command } from "commander";
import { examples } from "../examples.ts";
import type { Terminal } from "../terminal.ts";

export function define(command: Command, terminal: Terminal): void {
  command
    .description("Lets runs start again after `chaos halt`.")
    .addHelpText("after", examples(["chaos resume", "when it is safe again"]))
    .action(async () => {
      const wasHalted = await openStore().lever.resume();
      terminal.print(wasHalted ? "Runs may start again." : "Nothing was halted.");
    });
}
