import { catalog } from "@chaos-agents/catalog";
import { type Reversal, type Skill, formatDuration } from "@chaos-agents/core";
import { fieldTable, generatedBy, page, table, yaml } from "./markdown.ts";
import { fieldsOf } from "./schema-fields.ts";

const worth: Record<Reversal, string> = {
  exact: "as it was, and compared",
  compensated: "put right, but it can be seen that something happened",
  "recovers-by-itself": "nothing to put back once it ends",
};

const seen: Record<Skill["seen"], string> = {
  effect: "The effect itself is looked for, through another connection.",
  accepted: "Only that the target accepted it; the effect itself is not looked for.",
};

const usualUndo = 60_000;
const anchor = (name: string) => `#${name.replaceAll(/[^a-z0-9_]/g, "")}`;

const paramsOf = ({ name, params, example }: Skill) => {
  const fields = fieldsOf(params, { deep: true });
  return [
    fields.length > 0 ? fieldTable(fields) : "It has no params.",
    yaml({ skills: [{ skill_name: name, params: example }] }),
  ];
};

const section = (skill: Skill): string[] => [
  `### ${skill.name}`,
  `${skill.summary}.`,
  `**What is felt.** ${skill.effect}`,
  `**Undo: ${skill.reversal}**, ${worth[skill.reversal]}. ${skill.reversalNote}` +
    (skill.undoDeadline === undefined || skill.undoDeadline === usualUndo
      ? ""
      : ` One undo may take up to ${formatDuration(skill.undoDeadline)}.`),
  `**How it is seen.** ${seen[skill.seen]}`,
  ...paramsOf(skill),
];

/** Every skill, from its own schema and words. */
export const skillsReference = (): string =>
  page(
    generatedBy("node scripts/generate-docs.ts"),
    "# Skills reference",
    "The same as `chaos show SKILL`, for all of them. What the undo of each is worth in detail, and what it needs, is in [safety](safety.md).",
    ...catalog.agents.flatMap(({ target, skills }) => [
      `## ${target}`,
      table(
        ["skill", "what it does", "undo"],
        skills.map(({ name, summary, reversal }) => [`[${name}](${anchor(name)})`, summary, reversal]),
      ),
      ...skills.flatMap(section),
    ]),
  );
