import { Command } from "commander";
import { commandList } from "./commands/index.ts";
import { examples, paragraph } from "./examples.ts";
import { Terminal } from "./terminal.ts";
import { version } from "./version.ts";

/** Runs what was typed and ends the process with the exit code that tells how it went. */
export async function runCommandLine(words: readonly string[]): Promise<void> {
  const terminal = new Terminal();
  const end = async (code: number) => {
    await terminal.flush();
    process.exit(code);
  };
  const tell = async (error: unknown) => (await import("./failure.ts")).tellFailure(error, terminal);
  const crash = async (error: unknown) => await end(await tell(error));
  process.on("uncaughtException", (error) => void crash(error));
  process.on("unhandledRejection", (error) => void crash(error));
  try {
    // Words with a URL in them may be shown again, in an error for one.
    if (!words.every((word) => flags.has(word))) terminal.hide((await import("@chaos-agents/core")).redactor([]));
    if (words.length === 0 && terminal.fullScreen) {
      process.exitCode = await (await import("./room/open-room.ts")).openRoom(terminal);
    } else {
      const program = await commandTree(words, terminal);
      await program.parseAsync(words, { from: "user" });
    }
  } catch (error) {
    process.exitCode = await tell(error);
  }
  await end(Number(process.exitCode ?? 0));
}

/** These load nothing: they answer as fast as can be. */
const flags: ReadonlySet<string> = new Set(["-V", "--version", "-h", "--help"]);

/** The commands; only those that `words` name are loaded with their options, so that each starts as fast as it can. */
async function commandTree(words: readonly string[], terminal: Terminal): Promise<Command> {
  const program = new Command("chaos")
    .description("Break databases and servers on purpose, watch what happens, and put everything back.")
    .version(version, "-V, --version", "print the version")
    .helpOption("-h, --help", "show help")
    .helpCommand(false)
    .showSuggestionAfterError()
    .exitOverride()
    .configureHelp({ subcommandTerm: (command) => command.name(), sortSubcommands: false })
    .configureOutput({
      writeOut: (text) => terminal.write(terminal.stdout, text),
      writeErr: (text) => terminal.write(terminal.stderr, text),
      outputError: (text) => terminal.say(usageError(text)),
      getOutHasColors: () => Boolean(terminal.colours(terminal.stdout)),
      getErrHasColors: () => Boolean(terminal.colours(terminal.stderr)),
    });
  for (const { name, summary, group, load } of commandList) {
    const command = program
      .command(name, { hidden: group === undefined })
      .summary(summary)
      .description(summary);
    if (group !== undefined) command.helpGroup(group);
    if (words.includes(name)) (await load()).define(command, terminal);
    // A stub never runs; it only has to let its words pass so that the real error is the one shown.
    else command.allowUnknownOption().allowExcessArguments();
  }
  program.addHelpText(
    "after",
    examples(
      ["chaos init", "write a first experiment, asking a few questions"],
      ["chaos run shop.yaml --dry-run", "see what it would touch, and how each thing is put back"],
      ["chaos run shop.yaml", "run it; Ctrl-C puts everything back"],
      ["chaos halt", "stop and undo every run on this machine"],
    ),
  );
  program.addHelpText("after", paragraph(closing));
  return program;
}

const closing =
  "Exit codes: 0 success, 1 failed, 2 usage or config, 3 steady state failed, 4 rollback incomplete, 5 stopped by a guard " +
  "or halt, 130 interrupted and undone. More: chaos help exit-codes";

/** Commander's own words for a wrong command line, in the form that all our errors have. */
function usageError(text: string): string {
  return text.trimEnd().replace(/\n\(Did you mean ([^)]*)\)$/, "\n  hint: did you mean $1");
}
