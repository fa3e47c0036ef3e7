import type { Argument, Command, Option } from "commander";

export interface Candidate {
  value: string;
  description: string;
}

/** What may stand at the end of `words`; `files` where the shell should offer its own file names. */
export interface Candidates {
  values: Candidate[];
  files: boolean;
}

/** Values that are known only while the shell waits, by the name of the argument they are for. */
export type Lookups = Readonly<Record<string, () => Promise<Candidate[]>>>;

const fileArguments: ReadonlySet<string> = new Set(["file", "files", "dir"]);

/** Completes the last of `words` (maybe empty) from the command tree. */
export async function candidates(program: Command, words: readonly string[], lookups: Lookups): Promise<Candidates> {
  const typed = joinEquals(words);
  const last = typed.at(-1) ?? "";
  const before = typed.slice(0, -1);
  const name = before.find((word) => !word.startsWith("-"));
  const command = name === undefined ? program : program.commands.find((one) => one.name() === name);
  if (!command) return none;
  const rest = name === undefined ? before : before.slice(before.indexOf(name) + 1);
  const { waiting, positionals } = walk(command, rest);
  const [, flag, prefix] = /^((--[\w-]+)=)/.exec(last) ?? [];
  if (flag !== undefined) {
    const option = findOption(command, prefix!);
    const found = option ? await valuesFor(option, last.slice(flag.length), lookups) : none;
    return { ...found, values: found.values.map((one) => ({ ...one, value: flag + one.value })) };
  }
  if (waiting) return await valuesFor(waiting, last, lookups);
  if (last.startsWith("-")) return { values: starting(last, optionsOf(command, rest)), files: false };
  if (name === undefined) return { values: starting(last, commandsOf(program)), files: false };
  const argument = command.registeredArguments[positionals] ?? lastVariadic(command);
  return argument ? await valuesFor(argument, last, lookups) : none;
}

const none: Candidates = { values: [], files: false };

/** Bash hands `--format=html` over as three words, and readers of `=` want two. */
function joinEquals(words: readonly string[]): string[] {
  const joined = words.filter((word, i) => word !== "=" || i === words.length - 1);
  return joined.at(-1) === "=" ? [...joined.slice(0, -1), ""] : joined;
}

const findOption = (command: Command, word: string): Option | undefined =>
  command.options.find(({ long, short }) => word === long || word === short);

const takesValue = (option: Option | undefined): option is Option => option !== undefined && !option.isBoolean();

function walk(command: Command, words: readonly string[]): { waiting: Option | undefined; positionals: number } {
  let waiting: Option | undefined;
  let positionals = 0;
  for (const word of words) {
    if (waiting) waiting = undefined;
    else if (!word.startsWith("-")) positionals++;
    else {
      const option = findOption(command, word);
      if (takesValue(option)) waiting = option;
    }
  }
  return { waiting, positionals };
}

async function valuesFor(slot: Option | Argument, typed: string, lookups: Lookups): Promise<Candidates> {
  const { argChoices } = slot;
  if (argChoices) return { values: starting(typed, argChoices.map(plain)), files: false };
  const name = "flags" in slot ? /[<[]([\w-]+)/.exec(slot.flags)?.[1] : slot.name();
  if (name !== undefined && fileArguments.has(name)) return { values: [], files: true };
  const found = (name === undefined ? undefined : await lookups[name]?.()) ?? [];
  return { values: starting(typed, found), files: false };
}

const plain = (value: string): Candidate => ({ value, description: "" });

const starting = (typed: string, all: readonly Candidate[]): Candidate[] =>
  all.filter(({ value }) => value.startsWith(typed));

const commandsOf = (program: Command): Candidate[] =>
  program
    .createHelp()
    .visibleCommands(program)
    .map((command) => ({ value: command.name(), description: command.summary() }));

const optionsOf = (command: Command, used: readonly string[]): Candidate[] =>
  command
    .createHelp()
    .visibleOptions(command)
    .filter(({ long, short }) => !used.some((word) => word === long || word === short))
    .map(({ long, short, description }) => ({ value: long ?? short ?? "", description }));

const lastVariadic = (command: Command): Argument | undefined => {
  const last = command.registeredArguments.at(-1);
  return last?.variadic ? last : undefined;
};
