import { openStore } from "@chaos-agents/journal";
import { expect, test } from "vitest";
import { experimentOf } from "../contract/stage.ts";
import { FilesSubject } from "../files-agent/files-subject.ts";
import { CrashBed, standingWrite } from "./crash-bed.ts";

const catalog = { module: new URL("../files-agent/files-agent.ts", import.meta.url).href, export: "filesCatalog" };

async function bedOn(files: FilesSubject) {
  return await CrashBed.make({
    catalog,
    experiment: experimentOf({
      targets: { main: { kind: "files", config: files.config } },
      skills: [{ skill: "files.overwrite", params: { files: [] }, count: 1, target: "main" }],
      duration: 3_599_999,
    }),
    oracle: files.oracle,
    landed: async () => true,
  });
}

test("a run that lives in another process is not recovered, and is once that process was killed", async () => {
  await using files = await FilesSubject.make();
  const before = await files.oracle.photograph();
  const bed = await bedOn(files);
  await using home = await bed.home();
  await using living = bed.start({ home: home.path, hold: { write: standingWrite, side: "before" } });
  await living.hears("holds");
  const [summary] = await openStore(home.path).list();
  expect(summary).toMatchObject({ live: true, pending: 3, verdict: null });
  await using tooEarly = bed.start({ home: home.path, recover: summary!.run });
  await expect(tooEarly.ended()).rejects.toThrow("run-locked");
  await living.kill();
  expect(await openStore(home.path).list()).toMatchObject([{ live: false, pending: 3 }]);
  expect(await bed.recoverAll(home.path)).toEqual([]);
  expect(files.oracle.differences(before, await files.oracle.photograph())).toEqual([]);
});

test("of two recoveries in two processes one works, and the other is told so", async () => {
  await using files = await FilesSubject.make();
  const before = await files.oracle.photograph();
  const bed = await bedOn(files);
  await using home = await bed.home();
  await using killed = bed.start({ home: home.path, hold: { write: standingWrite, side: "before" } });
  await killed.hears("holds");
  await killed.kill();
  const [{ run } = { run: "" }] = await openStore(home.path).list();
  await using first = bed.start({ home: home.path, recover: run, hold: { write: 4, side: "after" } });
  await first.hears("holds");
  await using second = bed.start({ home: home.path, recover: run });
  await expect(second.ended()).rejects.toThrow("run-locked");
  await first.kill();
  expect(await bed.recoverAll(home.path)).toEqual([]);
  expect(files.oracle.differences(before, await files.oracle.photograph())).toEqual([]);
});
