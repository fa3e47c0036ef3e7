import type { Command } from "commander";
import { type Candidate, type Lookups, candidates } from "../completion/candidates.ts";
import type { Terminal } from "../terminal.ts";
import { commandList } from "./index.ts";

export function define(command: Command, terminal: Terminal): void {
  command.argument("[words...]", "the words so far, the last one unfinished").action(async (words: string[]) => {
    const { values, files } = await candidates(command.parent!, words, lookups);
    for (const { value, description } of values) terminal.print(description ? `${value}\t${description}` : value);
    if (files) terminal.print(":files");
  });
}

const agents = async () => {
  const { catalog } = await import("@chaos-agents/catalog");
  return catalog.agents;
};

const lookups: Lookups = {
  target: async () =>
    (await agents()).flatMap(({ target, aliases, summary }) =>
      [target, ...aliases].map((value) => ({ value, description: summary })),
    ),
  run: async (): Promise<Candidate[]> => {
    const { openStore } = await import("@chaos-agents/journal");
    const runs = await openStore().list();
    return [
      { value: "last", description: "the newest run" },
      ...runs.map(({ run, experiment }) => ({ value: run, description: experiment })),
    ];
  },
  skill: async () => {
    const skills = (await agents()).flatMap((agent) => [...agent.skills]);
    return skills.map(({ name, summary }) => ({ value: name, description: summary }));
  },
  command: async () => {
    const { topics } = await import("./help.ts");
    const listed = commandList.filter(({ group }) => group);
    return [
      ...listed.map(({ name, summary }) => ({ value: name, description: summary })),
      ...Object.keys(topics).map((value) => ({ value, description: "" })),
    ];
  },
};
