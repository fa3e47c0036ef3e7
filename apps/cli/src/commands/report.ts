import { writeFile } from "node:fs/promises";
import { foldRun, renderHtml, renderJson, renderJunit, renderText } from "@chaos-agents/report";
import { openStore } from "@chaos-agents/journal";
import { type Command, Option } from "commander";
import { examples } from "../examples.ts";
import { findRun } from "../find-run.ts";
import type { Terminal } from "../terminal.ts";

type Format = "text" | "html" | "json" | "junit";

export function define(command: Command, terminal: Terminal): void {
  command
    .description(
      "Prints a run's report, folded from its events: the same for a run that was killed, up to its last event.",
    )
    .argument("<run>", "a run's id, the beginning of one, or `last`")
    .addOption(
      new Option("--format <format>", "in which form").choices(["text", "html", "json", "junit"]).default("text"),
    )
    .option("-o, --out <file>", "write it there instead of printing it")
    .addHelpText(
      "after",
      examples(
        ["chaos report last", "the newest run, in the terminal"],
        ["chaos report last --format html -o run.html", "one page with charts, nothing loaded from elsewhere"],
        ["chaos report last --format junit -o run.xml", "for CI"],
      ),
    )
    .action(async (word: string, { format, out }: { format: Format; out?: string }) => {
      const store = openStore();
      const { run } = await findRun(store, word);
      const report = foldRun(await Array.fromAsync(store.events(run)));
      const toScreen = out === undefined;
      const renderers: Record<Format, () => string> = {
        text: () => renderText(report, toScreen ? terminal.textOptions(terminal.stdout) : { color: false, width: 100 }),
        html: () => renderHtml(report),
        json: () => renderJson(report),
        junit: () => renderJunit(report),
      };
      const text = terminal.redact(renderers[format]());
      if (toScreen) return terminal.print(text.trimEnd());
      await writeFile(out, text);
      terminal.say(`Written: ${out}`);
    });
}
