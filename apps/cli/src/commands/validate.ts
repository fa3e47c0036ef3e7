import { counted } from "@chaos-agents/core";
import { catalog } from "@chaos-agents/catalog";
import { type ParsedFile, hasErrors, readExperimentFile, renderDiagnostics } from "@chaos-agents/experiment-file";
import type { Command } from "commander";
import { examples } from "../examples.ts";
import { tellFailure } from "../failure.ts";
import { worstOf } from "../exit-code.ts";
import type { Terminal } from "../terminal.ts";

export function define(command: Command, terminal: Terminal): void {
  command
    .description(
      "Checks experiment, daemon and LLM files, and tells everything that is wrong at once. Connects to nothing.",
    )
    .argument("<files...>", "files to check; - is standard input")
    .option("--json", "one JSON object a file, in an array")
    .addHelpText(
      "after",
      examples(
        ["chaos validate shop.yaml", "file:line:column, the reason, and what was probably meant"],
        ["chaos validate config/*.yaml", "several at once"],
        ["chaos validate shop.yaml --json", "for editors and CI"],
      ),
    )
    .action(async (files: string[], { json = false }: { json?: boolean }) => {
      const options = { catalog, env: terminal.env, purpose: "validate" } as const;
      const told: unknown[] = [];
      const codes: number[] = [];
      for (const file of files) {
        let parsed: ParsedFile;
        try {
          parsed = await readExperimentFile(file, options);
        } catch (error) {
          codes.push(tellFailure(error, terminal));
          continue;
        }
        const { kind, names, diagnostics } = parsed;
        const valid = !hasErrors(diagnostics);
        codes.push(valid ? 0 : 2);
        if (json) told.push({ file, valid, kind: kind ?? null, names, diagnostics });
        else tell(file, parsed, valid, terminal);
      }
      if (json) terminal.printJson(told);
      process.exitCode = worstOf(codes);
    });
}

function tell(file: string, { kind, names, diagnostics }: ParsedFile, valid: boolean, terminal: Terminal): void {
  if (diagnostics.length > 0) terminal.say(renderDiagnostics(diagnostics));
  const errors = diagnostics.filter(({ level }) => level === "error").length;
  if (valid) terminal.print(`${file}: ${terminal.style("green", "valid")}, ${contents(kind, names)}`);
  else terminal.say(`\n${file}: ${terminal.style("red", counted(errors, "problem"), terminal.stderr)}`);
}

function contents(kind: ParsedFile["kind"], names: readonly string[]): string {
  if (kind === "llm") return "LLM settings";
  return `${counted(names.length, kind === "daemon" ? "scheduled experiment" : "experiment")} (${names.join(", ")})`;
}
