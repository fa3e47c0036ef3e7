import { eventSchema } from "@chaos-agents/core";
import { FilesStage } from "@chaos-agents/testkit/files-agent";
import { expect, test } from "vitest";

const overwriteAll = { skill: "files.overwrite" } as const;

test("[CA-40] a run discovers, plans, checks, breaks, watches, undoes, and looks again, and every step is an event", async () => {
  await using files = await FilesStage.open();
  const outcome = await files.pass(files.experiment([overwriteAll, { skill: "files.create" }]));
  expect(outcome).toMatchObject({ verdict: "passed", left: [] });
  expect(files.stage.of("phase-started").map(({ phase }) => phase)).toEqual([
    "discover",
    "plan",
    "preflight",
    "steady-state",
    "inject",
    "observe",
    "undo",
    "verify",
  ]);
  files.expectWellKept();
  const stored = await Array.fromAsync(files.stage.store.events(outcome.run));
  expect(stored).toEqual(files.stage.events);
  for (const event of stored) eventSchema.parse(event);
  await files.expectAsBefore();
});

test("the seed that would repeat a run is in its journal; a journal without one is still read", async () => {
  await using files = await FilesStage.open();
  const { run } = await files.pass(files.experiment([]));
  const [started] = await Array.fromAsync(files.stage.store.events(run));
  expect(started).toMatchObject({ type: "run-started", seed: 1 });
  const { seed: _, ...old } = files.stage.of("run-started")[0]!;
  expect(eventSchema.parse(old)).toEqual(old);
});

test("events are told in their order, however many faults make them at once", async () => {
  await using files = await FilesStage.open({ files: 30 });
  const uses = [overwriteAll, { skill: "files.create", count: 5 }, { skill: "files.lock", params: { files: ["f01"] } }];
  await files.pass(files.experiment(uses, { parallel: true }));
  files.expectWellKept();
  await files.expectAsBefore();
});

test("a dry run plans and checks, and leaves no run behind", async () => {
  await using files = await FilesStage.open();
  const outcome = await files.stage.plan(files.experiment([overwriteAll]));
  expect(outcome).toMatchObject({ verdict: "observed", left: [] });
  expect(files.stage.of("planned")[0]!.faults[0]!.things.map(({ key }) => key)).toEqual(["f01", "f02", "f03"]);
  expect(await files.stage.store.list()).toEqual([]);
  files.expectWellKept();
  await files.expectAsBefore();
});

test("filters narrow what a skill chooses, and not what the file names", async () => {
  await using files = await FilesStage.open();
  const named = { skill: "files.overwrite", params: { files: ["f01"] } } as const;
  await files.stage.plan(files.experiment([overwriteAll, named], { resourceFilters: ["^f0[23]$"] }));
  const [first, second] = files.stage.of("planned")[0]!.faults;
  expect(first!.things.map(({ key }) => key)).toEqual(["f02", "f03"]);
  expect(second!.things.map(({ key }) => key)).toEqual(["f01"]);
});

test("a skill that matches nothing is an error, and nothing is touched", async () => {
  await using files = await FilesStage.open();
  const outcome = await files.pass(files.experiment([overwriteAll], { resourceFilters: ["^orders"] }));
  expect(outcome).toMatchObject({ verdict: "refused", reason: expect.stringContaining("found nothing to touch") });
  expect(files.types()).not.toContain("fault-started");
});

test("a plan past the blast radius is refused, and nothing is touched", async () => {
  await using files = await FilesStage.open();
  const outcome = await files.pass(files.experiment([overwriteAll], { blastRadius: { files: 2 } }));
  expect(outcome).toMatchObject({ verdict: "refused", reason: expect.stringContaining("3 files") });
  expect(files.types()).not.toContain("fault-started");
  expect(files.stage.of("preflight-finished")[0]!.findings).toMatchObject([
    { level: "error", code: "blast-radius-exceeded" },
  ]);
  await files.expectAsBefore();
});

test("what preflight finds wrong stops the run before anything is touched", async () => {
  await using files = await FilesStage.open();
  const missing = { skill: "files.overwrite", params: { files: ["f01", "nowhere"] } } as const;
  expect(await files.pass(files.experiment([missing]))).toMatchObject({ verdict: "refused" });
  expect(files.types()).not.toContain("fault-started");
  await files.expectAsBefore();
});

test("a plan that is not approved touches nothing", async () => {
  await using files = await FilesStage.open();
  const outcome = await files.pass(files.experiment([overwriteAll]), { approve: async () => false });
  expect(outcome).toMatchObject({ verdict: "refused", reason: "not approved" });
  expect(files.types()).not.toContain("fault-started");
});

test("`count` makes the same fault again and again, one record over the other, and all of them go", async () => {
  await using files = await FilesStage.open();
  expect(await files.pass(files.experiment([{ ...overwriteAll, count: 3 }]))).toMatchObject({ verdict: "passed" });
  expect(files.stage.of("fault-injected").map(({ fault }) => fault)).toEqual(["1", "2", "3"]);
  expect(files.stage.of("undo-recorded")).toHaveLength(9);
  await files.expectAsBefore();
});

test("one fault of several fails: the others are undone, and the run says which and why", async () => {
  await using files = await FilesStage.open();
  await files.files.trouble({ failInject: ["f02"] });
  const outcome = await files.pass(files.experiment([{ skill: "files.create" }, overwriteAll], { parallel: true }));
  expect(outcome).toMatchObject({ verdict: "unlanded", reason: expect.stringContaining("f02"), left: [] });
  expect(files.stage.of("fault-failed")).toMatchObject([{ fault: "2", thing: "f02" }]);
  await files.expectAsBefore();
});

test("a fault that nobody can see did not land, and the run is not green", async () => {
  await using files = await FilesStage.open();
  await files.files.trouble({ blind: ["f03"] });
  const outcome = await files.pass(files.experiment([overwriteAll]));
  expect(outcome).toMatchObject({ verdict: "unlanded", reason: expect.stringContaining("did not land") });
  await files.expectAsBefore();
});

test("secrets stand in no event, no outcome, and no file of the journal but their own", async () => {
  await using files = await FilesStage.open();
  const secret = "hunter2-and-more";
  const experiment = files.experiment([overwriteAll], {
    hypothesis: `it holds even when ${secret} is known`,
    owner: `postgres://app:${secret}@db/shop`,
  });
  const redact = (text: string) => text.replaceAll(secret, "***");
  const outcome = await files.pass(experiment, { source: {}, redact });
  expect(outcome.verdict).toBe("passed");
  expect(JSON.stringify(files.stage.events)).not.toContain(secret);
  expect(files.stage.of("run-started")[0]!.hypothesis).toBe("it holds even when *** is known");
});

test("no skills at all: the run watches and touches nothing", async () => {
  await using files = await FilesStage.open();
  expect(await files.pass(files.experiment([]))).toMatchObject({ verdict: "observed" });
  await files.expectAsBefore();
});

test("samples of an observer stand in the journal, and one that fails harms nothing", async () => {
  await using files = await FilesStage.open();
  const traffic = {
    name: "traffic",
    observe: async (sample: (values: Record<string, number>) => void) => sample({ rps: 12 }),
  };
  const broken = { name: "broken", observe: () => Promise.reject(new Error("no such metric")) };
  const outcome = await files.pass(files.experiment([overwriteAll]), { observers: [traffic, broken] });
  expect(outcome).toMatchObject({ verdict: "passed" });
  expect(files.stage.of("sampled")).toMatchObject([{ source: "traffic", values: { rps: 12 } }]);
});
