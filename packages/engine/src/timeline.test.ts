import type { Skill } from "@chaos-agents/core";
import { FilesStage, filesAgent, overwrite as overwriteSkill } from "@chaos-agents/testkit/files-agent";
import { expect, test } from "vitest";

const overwrite = (...files: string[]) => ({ skill: "files.overwrite", params: { files } }) as const;

test("`at` and `duration` give each fault its own time", async () => {
  await using files = await FilesStage.open();
  const running = files.stage.run(
    files.experiment([
      { ...overwrite("f01"), at: 0, duration: 4_000 },
      { ...overwrite("f02"), at: 3_000 },
    ]),
  );
  await files.stage.seen("fault-witnessed", ({ fault }) => fault === "1");
  await files.clock.asleepFor(4_000);
  files.clock.advance(2_999);
  expect(files.types()).not.toContain("fault-undone");
  expect(files.stage.of("fault-started")).toHaveLength(1);
  files.clock.advance(1);
  await files.stage.seen("fault-witnessed", ({ fault }) => fault === "2");
  files.clock.advance(1_000);
  await files.stage.seen("fault-undone", ({ fault }) => fault === "1");
  expect(await files.differences()).toEqual(["f02 is not what it was"]);
  files.clock.advance(6_000);
  expect(await running).toMatchObject({ verdict: "passed", left: [] });
  await files.expectAsBefore();
});

test("a fault's own `duration` counts from when it stands, however long it took to make and to see", async () => {
  const slow: Skill = {
    ...overwriteSkill,
    async *inject(target, thing, context) {
      await context.clock.sleep(10_000, context.signal);
      yield* overwriteSkill.inject(target, thing, context);
    },
    async witness(target, thing, records, context) {
      await context.clock.sleep(2_000, context.signal);
      return await overwriteSkill.witness(target, thing, records, context);
    },
  };
  await using files = await FilesStage.open({ agent: { ...filesAgent, skills: [slow] } });
  const running = files.stage.run(files.experiment([{ ...overwrite("f01"), duration: 5_000 }], { duration: 60_000 }));
  await files.clock.asleepFor(10_000);
  files.clock.advance(10_000);
  await files.stage.seen("fault-injected");
  await files.clock.asleepFor(2_000);
  files.clock.advance(2_000);
  await files.clock.asleepFor(3_000);
  files.clock.advance(2_999);
  expect(await files.differences()).toEqual(["f01 is not what it was"]);
  expect(files.types()).not.toContain("undo-started");
  files.clock.advance(1);
  await files.stage.seen("fault-undone");
  await files.expectAsBefore();
  files.clock.advance(45_000);
  expect(await running).toMatchObject({ verdict: "passed", left: [] });
});

test("in turn, a fault waits for the one before it; in parallel it does not", async () => {
  for (const parallel of [false, true]) {
    await using files = await FilesStage.open();
    await files.files.trouble({ hangInject: ["f01"] });
    const running = files.stage.run(files.experiment([overwrite("f01"), overwrite("f02")], { parallel }));
    await files.stage.seen("undo-recorded", ({ thing }) => thing === "f01");
    if (parallel) await files.stage.seen("fault-witnessed", ({ fault }) => fault === "2");
    expect(files.stage.of("fault-started").map(({ fault }) => fault)).toEqual(parallel ? ["1", "2"] : ["1"]);
    files.clock.advance(10_000);
    await running;
    await files.expectAsBefore();
  }
});

test("time that runs out before every fault stood is not green", async () => {
  await using files = await FilesStage.open();
  await files.files.trouble({ hangInject: ["f01"] });
  const running = files.stage.run(files.experiment([overwrite("f01"), overwrite("f02")]));
  await files.stage.seen("undo-recorded");
  await files.clock.asleepFor(10_000);
  files.clock.advance(10_000);
  const outcome = await running;
  expect(outcome).toMatchObject({ verdict: "unlanded", left: [] });
  expect(outcome.reason).toContain("files.overwrite");
  await files.expectAsBefore();
});

test("faults on the same file, each with a time of its own, leave it as it was whichever ends first", async () => {
  for (const [first, second] of [
    [2_000, undefined],
    [2_000, 3_000],
    [3_000, 2_000],
  ]) {
    await using files = await FilesStage.open();
    const uses = [
      { ...overwrite("f02"), ...(first ? { duration: first } : {}) },
      { ...overwrite("f02"), ...(second ? { duration: second } : {}) },
    ];
    const { ended } = await files.stand(files.experiment(uses));
    await files.clock.asleepFor(first!);
    if (second) await files.clock.asleepFor(second);
    files.clock.advance(2_000);
    await files.stage.seen("undo-started");
    files.clock.advance(1_000);
    if (second) {
      for (const fault of ["1", "2"]) await files.stage.seen("fault-undone", (event) => event.fault === fault);
      await files.expectAsBefore();
    }
    files.clock.advance(7_000);
    const { left } = await ended;
    expect(left).toEqual([]);
    await files.expectAsBefore();
    expect(files.stage.of("undo-finished").map(({ outcome }) => outcome)).not.toContain("conflict");
  }
});

test("what looked like a conflict is looked at again when the newer change that was in the way is gone", async () => {
  const newerIsUndone = Promise.withResolvers<void>();
  const slow: Skill = {
    ...overwriteSkill,
    async undo(target, record, context) {
      const result = await overwriteSkill.undo(target, record, context);
      if (context.fault === "1" && result.outcome === "conflict") await newerIsUndone.promise;
      return result;
    },
  };
  await using files = await FilesStage.open({ agent: { ...filesAgent, skills: [slow] } });
  const uses = [
    { ...overwrite("f02"), duration: 1_000 },
    { ...overwrite("f02"), duration: 1_001 },
  ];
  const { ended } = await files.stand(files.experiment(uses));
  const settled = files.stage.seen("undo-finished", ({ fault }) => fault === "2");
  void settled.then(() => newerIsUndone.resolve());
  await files.clock.asleepFor(1_001);
  files.clock.advance(1_000);
  await files.stage.seen("undo-started");
  files.clock.advance(1);
  for (const fault of ["1", "2"]) await files.stage.seen("fault-undone", (event) => event.fault === fault);
  await files.expectAsBefore();
  files.clock.advance(10_000);
  expect(await ended).toMatchObject({ verdict: "passed" });
});

test("a fault whose own undo fails at its time is tried again at the end", async () => {
  await using files = await FilesStage.open();
  const uses = [{ ...overwrite("f01"), duration: 1_000 }, overwrite("f02")];
  const { ended } = await files.stand(files.experiment(uses, { duration: 100_000 }));
  await files.files.trouble({ failUndo: ["f01"] });
  await files.clock.asleepFor(1_000);
  files.clock.advance(1_000);
  for (const pause of [500, 1_000, 2_000, 4_000, 5_000, 5_000, 5_000]) {
    await files.clock.asleepFor(pause);
    if (pause === 5_000) await files.files.trouble({});
    files.clock.advance(pause);
    if (pause === 5_000) break;
  }
  await files.stage.seen("fault-undone", ({ fault, outcome }) => fault === "1" && outcome === "undone");
  expect(await files.differences()).toEqual(["f02 is not what it was"]);
  files.clock.advance(100_000);
  expect(await ended).toMatchObject({ verdict: "passed", left: [] });
  await files.expectAsBefore();
});
