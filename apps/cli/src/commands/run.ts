import { type Command, InvalidArgumentError, Option } from "commander";
import { examples, paragraph } from "../examples.ts";
import type { RunOptions } from "../run/run-file.ts";
import type { Terminal } from "../terminal.ts";

export function define(command: Command, terminal: Terminal): void {
  command
    .description(
      "Runs a file's experiments in order: finds out what is there, shows what it will touch and how each thing is put " +
        "back, asks, breaks, watches, undoes, verifies. Ctrl-C at any time undoes everything; a second one hurries.",
    )
    .argument("<file>", "an experiment file; - is standard input")
    .option("-n, --dry-run", "show the plan and touch nothing")
    .option("--only <name>", "only the experiment of this name")
    .option("-y, --yes", "do not ask (nor does it where there is no terminal)")
    .option("--json", "events on stdout, one JSON object a line; words for people on stderr")
    .option("--report <dir>", "write report.html, report.json, junit.xml and events.ndjson there")
    .option("--seed <number>", "repeat what an earlier run chose by chance: the seed in its report", wholeNumber)
    .option("--approved <digest>", "refuse to run any plan but this one: what a dry run of the control room showed")
    .addOption(new Option("--named <file>", "what standard input is called").hideHelp())
    .addOption(new Option("--run-id <id>", "the run's id, for whoever has to know it beforehand").hideHelp())
    .addHelpText(
      "after",
      examples(
        ["chaos run shop.yaml --dry-run", "what would be touched, and how it is put back"],
        ["chaos run shop.yaml --report out", "ask, run, and write out/report.html"],
        ["chaos run shop.yaml --yes --json", "unattended, for programs"],
        ["chaos run shop.yaml --only checkout", "one experiment of several"],
      ),
    )
    .addHelpText(
      "after",
      paragraph("Exit codes: see `chaos help exit-codes`; with several experiments the worst of theirs."),
    )
    .action(async (file: string, options: RunOptions) => {
      const { runFile } = await import("../run/run-file.ts");
      process.exitCode = await runFile(file, options, terminal);
    });
}

function wholeNumber(text: string): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number > 0xffffffff) throw new InvalidArgumentError("It is a whole number below 2^32.");
  return number;
}
