import { rm } from "node:fs/promises";
import { FilesStage, holdersIn } from "@chaos-agents/testkit/files-agent";
import { expect, test } from "vitest";
import { diagnose, sweep } from "./doctor.ts";
import { StopSource } from "./stop-source.ts";

const locks = [{ skill: "files.lock", params: { files: ["f01", "f02"] } }] as const;
const looking = (files: FilesStage) => ({
  catalog: files.stage.catalog,
  clock: files.clock,
  signal: new AbortController().signal,
});

test("a target that nobody touched shows no marks", async () => {
  await using files = await FilesStage.open();
  const { targets, open } = await diagnose(files.experiment([...locks]), files.stage.store, looking(files));
  expect(targets).toEqual([
    { target: "main", label: files.files.directory, marks: [], sight: null, unreachable: null },
  ]);
  expect(open).toEqual([]);
});

test("while faults stand, their marks are seen on the target and their run in the journal; both are gone after", async () => {
  await using files = await FilesStage.open();
  const experiment = files.experiment([...locks]);
  const stop = new StopSource();
  const { ended } = await files.stand(experiment, { stop });
  const during = await diagnose(experiment, files.stage.store, looking(files));
  const kinds = new Set(during.targets[0]!.marks.map(({ key }) => key.split(" ")[0]));
  expect(kinds).toEqual(new Set(["process", "file"]));
  expect(during.open).toMatchObject([{ live: true, pending: 2 }]);
  stop.stop("interrupt", "Ctrl-C");
  await ended;
  const after = await diagnose(experiment, files.stage.store, looking(files));
  expect(after).toMatchObject({ targets: [{ marks: [] }], open: [] });
});

test("marks are swept without any journal", async () => {
  await using files = await FilesStage.open();
  const experiment = files.experiment([...locks]);
  await files.files.trouble({ failUndo: ["*"] });
  const stop = new StopSource();
  const { ended } = await files.stand(experiment, { stop });
  for (const detail of ["Ctrl-C", "Ctrl-C again"]) stop.stop("interrupt", detail);
  expect((await ended).left).toHaveLength(2);
  await rm(files.stage.home, { recursive: true });
  const { swept, targets } = await sweep(experiment, looking(files));
  expect(targets).toMatchObject([{ target: "main", unreachable: null }]);
  expect(swept.map(({ result }) => result.outcome)).toEqual(["undone", "undone"]);
  expect(await holdersIn(files.files.directory)).toEqual([]);
  await files.expectAsBefore();
});

test("a target that cannot be reached is said to be so, by both", async () => {
  await using files = await FilesStage.open();
  const experiment = files.experiment([...locks]);
  await files.files.trouble({ unreachable: true });
  const { targets } = await diagnose(experiment, files.stage.store, looking(files));
  expect(targets).toMatchObject([
    { label: "main", marks: [], unreachable: expect.stringContaining("cannot be reached") },
  ]);
  expect(await sweep(experiment, looking(files))).toMatchObject({
    swept: [],
    targets: [{ target: "main", unreachable: expect.stringContaining("cannot be reached") }],
  });
});
