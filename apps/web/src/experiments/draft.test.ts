import { expect, test } from "vitest";
import { parse } from "yaml";
import { newFile, withSkill } from "./draft.ts";

const snippet = "- skill_name: db.table_lock\n  params:\n    tables:\n      - orders\n";
const skillsOf = (text: string) =>
  (parse(text) as { experiments: { skills: { skill_name: string }[] }[] }).experiments[0]!.skills.map(
    ({ skill_name }) => skill_name,
  );

test("a new file is YAML, with the skill that was chosen", () => {
  expect(skillsOf(newFile(null))).toEqual([]);
  expect(skillsOf(newFile({ target: "database", text: snippet }))).toEqual(["db.table_lock"]);
});

test("a skill is put behind those that are there", () => {
  const once = withSkill(newFile(null), snippet);
  const twice = withSkill(once, snippet.replace("table_lock", "insert_load"));
  expect(skillsOf(twice)).toEqual(["db.table_lock", "db.insert_load"]);
  expect(twice).toContain("steady_state: []");
});
