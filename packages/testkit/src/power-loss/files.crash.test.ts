import { type SkillUse } from "@chaos-agents/core";
import { expect, test } from "vitest";
import { experimentOf } from "../contract/stage.ts";
import { crashTable, crashTotals } from "../crash/crash-table.ts";
import { FilesSubject } from "../files-agent/files-subject.ts";
import { filesAgent } from "../files-agent/files-agent.ts";
import { powerLossMissing } from "./failing-disk.ts";
import { powerLossMatrix } from "./power-loss-matrix.ts";

const missing = await powerLossMissing();
if (missing && process.env["CI"] === "true") throw new Error(missing);

const catalog = { module: new URL("../files-agent/files-agent.ts", import.meta.url).href, export: "filesCatalog" };

async function subjectOf(files: FilesSubject) {
  const start = await files.oracle.photograph();
  const skills = ["files.overwrite", "files.create"].map((skill): SkillUse => {
    const { params } = filesAgent.skills.find(({ name }) => name === skill)!;
    return { skill, params: params.parse({}), count: 1, target: "main" };
  });
  return {
    catalog,
    experiment: experimentOf({
      targets: { main: { kind: "files", config: files.config } },
      skills,
      duration: 3_599_999,
    }),
    oracle: files.oracle,
    landed: async () => files.oracle.differences(start, await files.oracle.photograph()).length > 0,
  };
}

test.skipIf(missing)(
  "[CA-41] after a power loss every change that was made is in the journal, and put back",
  async () => {
    await using files = await FilesSubject.make();
    const report = await powerLossMatrix({ name: "power loss", ...(await subjectOf(files)) });
    console.log(crashTable(report));
    const { kills, landed, residues } = crashTotals(report);
    expect(residues).toEqual([]);
    expect(landed, "the fault was there in some of them").toBeGreaterThan(0);
    expect(kills - landed, "and not there in others").toBeGreaterThan(0);
  },
);

test.skipIf(missing)("without full sync the same power losses leave something behind", async () => {
  await using files = await FilesSubject.make();
  const report = await powerLossMatrix({ name: "power loss without sync", ...(await subjectOf(files)), sync: "off" });
  const lines = crashTotals(report).residues.join("\n");
  expect(lines).toMatch(/f0\d is not what it was/);
});
