import type { Command } from "commander";
import type { Terminal } from "../terminal.ts";

export interface CommandModule {
  /** Adds arguments, options, help and action. */
  define(command: Command, terminal: Terminal): void;
}

/** What is known of a command before it is loaded. Without a group it is not listed. */
export interface ListedCommand {
  name: string;
  summary: string;
  group?: string;
  load: () => Promise<CommandModule>;
}

const experiments = "Experiments:";
const skills = "Skills:";
const runs = "Runs:";
const safety = "Safety:";
const room = "Control room:";
const machines = "Machines:";
const other = "Other:";

/** THE list of commands. */
export const commandList: readonly ListedCommand[] = [
  { name: "init", group: experiments, summary: "write a first experiment", load: () => import("./init.ts") },
  {
    name: "validate",
    group: experiments,
    summary: "check files without connecting",
    load: () => import("./validate.ts"),
  },
  { name: "discover", group: experiments, summary: "show what is on the targets", load: () => import("./discover.ts") },
  {
    name: "run",
    group: experiments,
    summary: "run experiments, and put everything back",
    load: () => import("./run.ts"),
  },
  {
    name: "list-skills",
    group: skills,
    summary: "list the ways to break things",
    load: () => import("./list-skills.ts"),
  },
  { name: "show", group: skills, summary: "explain one skill: params, effect, undo", load: () => import("./show.ts") },
  { name: "runs", group: runs, summary: "list runs", load: () => import("./runs.ts") },
  { name: "report", group: runs, summary: "print or write a run's report", load: () => import("./report.ts") },
  { name: "events", group: runs, summary: "print or follow a run's events", load: () => import("./events.ts") },
  { name: "recover", group: safety, summary: "undo what a killed run left behind", load: () => import("./recover.ts") },
  { name: "doctor", group: safety, summary: "look for anything of ours on targets", load: () => import("./doctor.ts") },
  { name: "halt", group: safety, summary: "stop and undo every run, block new ones", load: () => import("./halt.ts") },
  { name: "resume", group: safety, summary: "allow runs again after a halt", load: () => import("./resume.ts") },
  { name: "server", group: room, summary: "open the web page and its API", load: () => import("./server.ts") },
  { name: "token", group: room, summary: "tokens that let people and programs in", load: () => import("./token.ts") },
  { name: "vm", group: machines, summary: "images of microVMs, and what works here", load: () => import("./vm.ts") },
  {
    name: "completion",
    group: other,
    summary: "print a completion script for a shell",
    load: () => import("./completion.ts"),
  },
  { name: "help", group: other, summary: "show help for a command or topic", load: () => import("./help.ts") },
  { name: "__complete", summary: "candidates for a completion script", load: () => import("./complete.ts") },
];
