import { openStore } from "@chaos-agents/journal";
import type { Command } from "commander";
import { examples } from "../examples.ts";
import type { Terminal } from "../terminal.ts";

export function define(command: Command, terminal: Terminal): void {
  command
    .description("Tokens for the control room: whoever has one may use it, and its name stands in the audit log.")
    .addHelpText(
      "after",
      examples(
        ["chaos token add ci", "prints a new token, once"],
        ["chaos token list", "whose there are"],
        ["chaos token remove ci", "nobody gets in with it any more"],
      ),
    );
  const open = async () => {
    const { Tokens, roomFolder } = await import("@chaos-agents/server");
    return await Tokens.open(roomFolder(openStore().home));
  };
  command
    .command("add <name>")
    .description("make one")
    .action(async (name: string) => terminal.reveal(await (await open()).add(name)));
  command
    .command("list")
    .description("names, not tokens")
    .action(async () => {
      for (const name of (await open()).names) terminal.print(name);
    });
  command
    .command("remove <name>")
    .description("make one void")
    .action(async (name: string) => {
      await (await open()).remove(name);
      terminal.say(`The token ${name} is void.`);
    });
}
