import { catalog } from "@chaos-agents/catalog";
import { ChaosError } from "@chaos-agents/core";
import { nearest } from "@chaos-agents/experiment-file";
import type { Command } from "commander";
import { examples } from "../examples.ts";
import { table } from "../table.ts";
import type { Terminal } from "../terminal.ts";

export function define(command: Command, terminal: Terminal): void {
  command
    .description("Lists every skill: a way to break a target, with the way back.")
    .option("-t, --target <target>", "only those for database (db), kubernetes (k8s) or server (srv)")
    .option("--json", "a JSON array")
    .addHelpText(
      "after",
      examples(
        ["chaos list-skills", "all of them"],
        ["chaos list-skills --target db", "only those for databases"],
        ["chaos show db.table_lock", "all about one"],
      ),
    )
    .action(({ target, json = false }: { target?: string; json?: boolean }) => {
      const { agents } = catalog;
      const wanted = agents.filter((one) => target === undefined || [one.target, ...one.aliases].includes(target));
      if (wanted.length === 0)
        throw unknownTarget(
          target!,
          agents.flatMap((one) => [one.target, ...one.aliases]),
        );
      const skills = wanted.flatMap(({ target, skills }) =>
        skills.map(({ name, summary }) => ({ skill: name, target, description: summary })),
      );
      if (json) return terminal.printJson(skills);
      const rows = skills.map(({ skill, target, description }) => [skill, target, description]);
      const heading = (text: string) => terminal.style("bold", text);
      terminal.print(table(["skill", "target", "description"], rows, { width: terminal.width(), heading }));
    });
}

function unknownTarget(word: string, known: readonly string[]): ChaosError {
  const guess = nearest(word, known);
  return new ChaosError("usage", `there is no kind of target "${word}"`, {
    remedy: guess === undefined ? `there are: ${known.join(", ")}` : `did you mean ${guess}?`,
  });
}
