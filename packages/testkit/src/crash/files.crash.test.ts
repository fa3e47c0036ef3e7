import type { SkillUse } from "@chaos-agents/core";
import { expect, test } from "vitest";
import { experimentOf } from "../contract/stage.ts";
import { FilesSubject } from "../files-agent/files-subject.ts";
import { filesAgent } from "../files-agent/files-agent.ts";
import { crashMatrix } from "./crash-matrix.ts";
import { crashTable, crashTotals } from "./crash-table.ts";

const place = (module: string, name: string) => ({ module: new URL(module, import.meta.url).href, export: name });
const catalog = place("../files-agent/files-agent.ts", "filesCatalog");

function experimentOn(files: FilesSubject, skill: string, params: Record<string, unknown>) {
  const { params: schema } = filesAgent.skills.find(({ name }) => name === skill)!;
  const use: SkillUse = { skill, params: schema.parse(params), count: 1, target: "main" };
  const targets = { main: { kind: "files", config: files.config } };
  return experimentOf({ targets, skills: [use], duration: 3_599_999 });
}

test.for([
  { skill: "files.overwrite", params: {} },
  { skill: "files.create", params: { count: 4 } },
  { skill: "files.lock", params: { files: ["f01", "f02"] } },
])("[CA-41] $skill, killed anywhere, leaves nothing once it is recovered", async ({ skill, params }) => {
  await using files = await FilesSubject.make();
  const start = await files.oracle.photograph();
  const report = await crashMatrix({
    name: skill,
    catalog,
    experiment: experimentOn(files, skill, params),
    oracle: files.oracle,
    landed: async () => files.oracle.differences(start, await files.oracle.photograph()).length > 0,
  });
  console.log(crashTable(report));
  const { kills, landed, residues } = crashTotals(report);
  expect(residues).toEqual([]);
  expect(landed, "the fault was there in some of the kills").toBeGreaterThan(0);
  expect(kills - landed, "and not there in others").toBeGreaterThan(0);
});

test("the matrix catches a skill that acts before it tells how to undo that", async () => {
  await using files = await FilesSubject.make();
  const report = await crashMatrix({
    name: "a careless skill",
    catalog: place("careless-catalog.fixture.ts", "carelessCatalog"),
    experiment: experimentOn(files, "files.overwrite", { files: ["f01"] }),
    oracle: files.oracle,
    landed: async () => true,
    places: /^before an undo record/,
  });
  expect(crashTotals(report).residues).toEqual([expect.stringContaining("f01 is not what it was")]);
});
