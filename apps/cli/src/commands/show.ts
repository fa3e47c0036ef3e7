import { catalog } from "@chaos-agents/catalog";
import { type Agent, ChaosError, type Skill } from "@chaos-agents/core";
import { nearest } from "@chaos-agents/experiment-file";
import type { Command } from "commander";
import { stringify } from "yaml";
import { type ParamLine, describeParams } from "../describe-params.ts";
import { examples } from "../examples.ts";
import { wrap } from "../table.ts";
import type { Terminal } from "../terminal.ts";

export function define(command: Command, terminal: Terminal): void {
  command
    .description("Explains one skill: what it does, its params, how it is undone and what that undo is worth.")
    .argument("<skill>", "its name; see chaos list-skills")
    .option("--json", "one JSON object")
    .option("--rbac", "only the role that allows it, as YAML for kubectl")
    .addHelpText("after", examples(["chaos show db.table_lock", "params, effect, undo, and an example to paste"]))
    .action((name: string, { json = false, rbac = false }: { json?: boolean; rbac?: boolean }) => {
      const shown = describe(name);
      if (rbac) terminal.print(roleOf(shown).trimEnd());
      else if (json) terminal.printJson(shown);
      else tell(shown, terminal);
    });
}

function roleOf({ skill, role }: Shown): string {
  if (role !== undefined) return role;
  throw new ChaosError("usage", `there is no role for ${skill}: its target knows none`, {
    remedy: "chaos run --dry-run checks the rights it needs, and names what is missing",
  });
}

interface Shown {
  skill: string;
  target: string;
  summary: string;
  effect: string;
  undo: { worth: Skill["reversal"]; note: string };
  seen: Skill["seen"];
  role?: string;
  params: ParamLine[];
  example: string;
}

function describe(name: string): Shown {
  const found = everySkill().find(({ skill }) => skill.name === name);
  if (!found) {
    const guess = nearest(
      name,
      everySkill().map(({ skill }) => skill.name),
    );
    throw new ChaosError("unknown-skill", `there is no skill "${name}"`, {
      remedy: guess === undefined ? "see `chaos list-skills`" : `did you mean ${guess}?`,
    });
  }
  const { agent, skill } = found;
  return {
    skill: skill.name,
    target: agent.target,
    summary: skill.summary,
    effect: skill.effect,
    undo: { worth: skill.reversal, note: skill.reversalNote },
    seen: skill.seen,
    ...(skill.role !== undefined && { role: skill.role }),
    params: describeParams(skill.params),
    example: stringify({ skills: [{ skill_name: skill.name, params: skill.example }] }),
  };
}

function everySkill(): { agent: Agent; skill: Skill }[] {
  return catalog.agents.flatMap((agent) => agent.skills.map((skill) => ({ agent, skill })));
}

const worthWords: Record<Skill["reversal"], string> = {
  exact: "exact: put back as it was, and compared",
  compensated: "compensated: put right, but something stays to be seen",
  "recovers-by-itself": "recovers by itself: there is nothing to put back",
};

const seenWords: Record<Skill["seen"], string> = {
  effect: "its effect is looked for on the target, through another connection",
  accepted: "only that the target accepted it can be seen",
};

function tell({ skill, target, summary, effect, undo, seen, params, example }: Shown, terminal: Terminal): void {
  const width = Math.min(terminal.width() ?? 100, 100);
  const paragraph = (text: string) =>
    wrap(text, width - 2)
      .map((line) => `  ${line}`)
      .join("\n");
  const section = (title: string, body: string) => terminal.print(`\n${terminal.style("bold", title)}\n${body}`);
  terminal.print(`${terminal.style("bold", skill)}  (${target})`);
  terminal.print(paragraph(summary));
  section("Effect", paragraph(effect));
  section("Undo", `${paragraph(worthWords[undo.worth])}\n${paragraph(undo.note)}`);
  section("How it is seen", paragraph(seenWords[seen]));
  section("Params", params.length === 0 ? "  none" : params.map((one) => param(one, width, terminal)).join("\n"));
  section("Example", example.trimEnd().replaceAll(/^/gm, "  "));
}

function param(
  { name, type, default: fallback, required, description }: ParamLine,
  width: number,
  terminal: Terminal,
): string {
  const given = required ? "has to be given" : fallback === null ? "may be left out" : `default ${fallback}`;
  const [first = "", ...rest] = wrap(`${type}; ${given}`, width - name.length - 4);
  const more = [...rest, ...(description === "" ? [] : wrap(description, width - 6))];
  return [`  ${terminal.style("cyan", name)}  ${first}`, ...more.map((line) => `      ${line}`)].join("\n");
}
