import { writeFile } from "node:fs/promises";
import { catalog } from "@chaos-agents/catalog";
import { type Agent, ChaosError, parseDuration } from "@chaos-agents/core";
import { starterExperiment } from "@chaos-agents/experiment-file";
import type { Command } from "commander";
import { examples } from "../examples.ts";
import type { Terminal } from "../terminal.ts";

interface InitOptions {
  target?: string;
  name?: string;
  urlVariable?: string;
  skill?: string[];
  duration?: string;
  force?: boolean;
}

export function define(command: Command, terminal: Terminal): void {
  command
    .description("Writes a first experiment with comments. Asks on a terminal for what no option gives.")
    .argument("[file]", "where to write it", "chaos.yaml")
    .option("-t, --target <target>", "the kind of target: database, kubernetes or server")
    .option("--name <name>", "the experiment's name")
    .option("--url-variable <name>", "the environment variable with the connection URL")
    .option("-s, --skill <skill...>", "what to break")
    .option("--duration <duration>", "how long faults stay, such as 30s or 5m")
    .option("--force", "replace a file that is there")
    .addHelpText(
      "after",
      examples(
        ["chaos init", "asks a few questions and writes chaos.yaml"],
        ["chaos init shop.yaml --target db --skill db.table_lock --duration 30s", "asks nothing"],
      ),
    )
    .action(async (file: string, options: InitOptions) => {
      const answers = await ask(options, terminal);
      const flag = options.force ? "w" : "wx";
      await writeFile(file, starterExperiment(answers, catalog), { flag }).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== "EEXIST") throw error;
        throw new ChaosError("usage", `${file} is already there`, {
          remedy: "give another name, or --force to replace it",
        });
      });
      terminal.print(`Written: ${file}\n\nNext:`);
      if (answers.urlVariable !== undefined)
        terminal.print(`  export ${answers.urlVariable}=…      where the target is`);
      terminal.print(`  chaos run ${file} --dry-run   see what it would touch, without touching it`);
    });
}

type Answers = Parameters<typeof starterExperiment>[0];

async function ask(options: InitOptions, terminal: Terminal): Promise<Answers> {
  const question = async (words: string, usual: string): Promise<string> => {
    if (!terminal.interactive) return usual;
    const answer = await terminal.ask(`${words} [${usual}] `);
    if (answer === undefined) throw new ChaosError("interrupted", "no file was written");
    return answer.trim() || usual;
  };
  const kinds = catalog.agents.map(({ target }) => target).join(", ");
  const kind = options.target ?? (await question(`What kind of target? (${kinds})`, catalog.agents[0]!.target));
  const agent = catalog.agents.find(({ target, aliases }) => target === kind || aliases.includes(kind));
  const urlVariable = options.urlVariable ?? (hasUrl(agent?.example) ? await variable(question) : undefined);
  const skills = options.skill ?? (agent ? await chooseSkills(agent, question, terminal) : []);
  const duration = options.duration ?? (await question("How long are the faults to stay?", "1m"));
  if (parseDuration(duration) === undefined) {
    throw new ChaosError("usage", `${duration} is not a duration`, { remedy: "write it like 30s, 5m or 1h 30m" });
  }
  return {
    kind,
    skills,
    duration,
    ...(options.name === undefined ? {} : { name: options.name }),
    ...(urlVariable === undefined ? {} : { urlVariable }),
  };
}

const hasUrl = (value: unknown): boolean =>
  typeof value === "string"
    ? /^[a-z][a-z0-9+.-]*:\/\//i.test(value)
    : value !== null && typeof value === "object" && Object.values(value).some(hasUrl);

type Question = (words: string, usual: string) => Promise<string>;

const variable = (question: Question) => question("Which environment variable holds its URL?", "DATABASE_URL");

async function chooseSkills(agent: Agent, question: Question, terminal: Terminal): Promise<string[]> {
  const [first] = agent.skills;
  if (!first) return [];
  if (terminal.interactive) {
    terminal.say(
      agent.skills.map(({ name, summary }, i) => `${String(i + 1).padStart(4)}  ${name}: ${summary}`).join("\n"),
    );
  }
  const chosen = await question("What to break? (numbers or names, with spaces between)", first.name);
  return chosen
    .split(/[\s,]+/)
    .filter(Boolean)
    .map((word) => agent.skills[Number(word) - 1]?.name ?? word);
}
