import type { Command } from "commander";
import { type Candidate, type Lookups, candidates } from "../completion/candidates.ts";
import type { Terminal } from "../terminal.ts";
import { commandList } from "./index.ts";

export function define(command: Command, terminal: Terminal): void {
  command.argument("[words...]", "the words so far, the last one unfinished").action(async (words: string[]) => {
    const { values, files } = await candidates(command.parent!, words, lookups);
    for (const { value, description } of values) terminal.print(`${value}\t${description}`);
    if (files) terminal.print(":files");
  });
}

const lookups: Lookups = {
  run: async (): Promise<Candidate[]> => {
    const { openStore } = await import("@chaos-agents/journal");
    const runs = await openStore().list();
    return [
      { value: "last", description: "the newest run" },
      ...runs.map(({ run, experiment }) => ({ value: run, description: experiment })),
    ];
  },
  skill: async () => {
    const { catalog } = await import("@chaos-agents/catalog");
    const agents = [...catalog.agents, ...(catalog.declared ?? [])];
    return agents.flatMap(({ skills }) => skills.map(({ name, summary }) => ({ value: name, description: summary })));
  },
  command: async () =>
    commandList.filter(({ group }) => group).map(({ name, summary }) => ({ value: name, description: summary })),
};
