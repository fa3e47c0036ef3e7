import type { Command } from "commander";
import type { Terminal } from "../terminal.ts";
import { commandList } from "./index.ts";

export const topics: Record<string, string> = {
  "exit-codes": `Exit codes
    0  success: faults landed, the steady state held or came back, everything is undone
    1  failed: a fault did not land, the run was refused, or something unexpected happened
    2  usage or config: a wrong command line or file; nothing was touched
    3  the steady state failed; everything is undone
    4  rollback incomplete: something is still changed; the run says what, and what to type
    5  stopped by a guard or by \`chaos halt\`; everything is undone
  130  interrupted (Ctrl-C, SIGTERM, a closed terminal); everything is undone

A file with several experiments ends with the worst of theirs, in this order: 4, 130, 5, 3, 1, 2, 0.
recover, doctor and halt end with 0 when nothing of ours is left, and with 4 when something is.`,
  environment: `Environment
  CHAOS_HOME    where runs are kept; a folder under the user's state directory when unset
  CHAOS_DEBUG   1 shows the stack of an unexpected error
  NO_COLOR      no colours; FORCE_COLOR=1 for colours in a pipe too
  and every variable that a file names as \${NAME} or \${NAME:-default}`,
};

export function define(command: Command, terminal: Terminal): void {
  command
    .argument("[command]", "a command, or a topic: exit-codes, environment")
    .action(async (word: string | undefined) => {
      const program = command.parent!;
      if (word === undefined) return program.outputHelp();
      const topic = topics[word];
      if (topic !== undefined) return terminal.print(topic);
      const listed = commandList.find(({ name }) => name === word);
      if (listed) return program.commands.find((one) => one.name() === word)!.outputHelp();
      const { nearest } = await import("@chaos-agents/experiment-file");
      const guess = nearest(word, [...commandList.map(({ name }) => name), ...Object.keys(topics)]);
      const hint = guess === undefined ? "see `chaos --help`" : `did you mean ${guess}?`;
      command.error(`error: there is no help for '${word}'\n  hint: ${hint}`);
    });
}
