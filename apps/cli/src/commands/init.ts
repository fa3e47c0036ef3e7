import { writeFile } from "node:fs/promises";
import { catalog } from "@chaos-agents/catalog";
import { type Agent, ChaosError, parseDuration } from "@chaos-agents/core";
import { starterExperiment } from "@chaos-agents/experiment-file";
import type { Command } from "commander";
import { examples, listed } from "../examples.ts";
import { table } from "../table.ts";
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
      const next: (readonly [string, string])[] = [
        ...(answers.urlVariable === undefined
          ? []
          : [[`export ${answers.urlVariable}=…`, "where the target is"] as const]),
        [`chaos run ${file} --dry-run`, "see what it would touch, without touching it"],
      ];
      terminal.print(`Written: ${file}\n${listed("Next:", next)}`);
    });
}

type Answers = Parameters<typeof starterExperiment>[0];

/** Asks again until the answer is right; without a terminal the usual answer is taken. */
type Question = (words: string, usual: string, wrong?: (answer: string) => string | undefined) => Promise<string>;

async function ask(options: InitOptions, terminal: Terminal): Promise<Answers> {
  const question: Question = async (words, usual, wrong) => {
    if (!terminal.interactive) return usual;
    for (;;) {
      const typed = await terminal.ask(`${words} [${usual}] `);
      if (typed === undefined) throw new ChaosError("interrupted", "no file was written");
      const answer = typed.trim() || usual;
      const problem = wrong?.(answer);
      if (problem === undefined) return answer;
      terminal.say(`  ${problem}`);
    }
  };
  const kind = options.target ?? (await chooseKind(question));
  const agent = agentOf(kind);
  const urlVariable = options.urlVariable ?? (hasUrl(agent?.example) ? await variable(question) : undefined);
  const skills = options.skill ?? (agent ? await chooseSkills(agent, question, terminal) : []);
  const duration = options.duration ?? (await question("How long are the faults to stay?", "1m", notADuration));
  const problem = notADuration(duration);
  if (problem !== undefined) throw new ChaosError("usage", problem, { remedy: "write it like 30s, 5m or 1h 30m" });
  return {
    kind,
    skills,
    duration,
    ...(options.name === undefined ? {} : { name: options.name }),
    ...(urlVariable === undefined ? {} : { urlVariable }),
  };
}

const notADuration = (text: string) => (parseDuration(text) === undefined ? `${text} is not a duration` : undefined);

const agentOf = (kind: string): Agent | undefined =>
  catalog.agents.find(({ target, aliases }) => target === kind || aliases.includes(kind));

async function chooseKind(question: Question): Promise<string> {
  const kinds = catalog.agents.map(({ target }) => target);
  if (kinds.length === 1) return kinds[0]!;
  const wrong = (kind: string) => (agentOf(kind) ? undefined : `There are: ${kinds.join(", ")}`);
  return await question(`What kind of target? (${kinds.join(", ")})`, kinds[0]!, wrong);
}

const hasUrl = (value: unknown): boolean =>
  typeof value === "string"
    ? /^[a-z][a-z0-9+.-]*:\/\//i.test(value)
    : value !== null && typeof value === "object" && Object.values(value).some(hasUrl);

const variable = (question: Question) =>
  question("Which environment variable holds its URL?", "DATABASE_URL", (name) =>
    /^[A-Za-z_]\w*$/.test(name) ? undefined : `${name} is not the name of a variable`,
  );

async function chooseSkills(agent: Agent, question: Question, terminal: Terminal): Promise<string[]> {
  const [first] = agent.skills;
  if (!first) return [];
  if (terminal.interactive) {
    const rows = agent.skills.map(({ name, summary }, i) => [i + 1, name, summary]);
    terminal.say(table(["#", "skill", "description"], rows, { width: terminal.width(terminal.stderr) }));
  }
  const named = (word: string) => agent.skills[Number(word) - 1] ?? agent.skills.find(({ name }) => name === word);
  const words = (answer: string) => answer.split(/[\s,]+/).filter(Boolean);
  const wrong = (answer: string) => {
    const unknown = words(answer).find((word) => !named(word));
    return unknown === undefined ? undefined : `There is no skill ${unknown}`;
  };
  const chosen = await question("What to break? (numbers or names, with spaces between)", first.name, wrong);
  return words(chosen).map((word) => named(word)?.name ?? word);
}
