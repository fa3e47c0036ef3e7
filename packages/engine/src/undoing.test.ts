import type { Agent, Skill } from "@chaos-agents/core";
import { runOut } from "@chaos-agents/testkit/contract";
import { FilesStage, fileNumber, filesAgent, lock, overwrite } from "@chaos-agents/testkit/files-agent";
import { expect, test } from "vitest";

const names = (count: number) => Array.from({ length: count }, (_, i) => fileNumber(i + 1));
const overwriteAll = { skill: "files.overwrite" } as const;
/** The files agent, impatient: an undo of it may take 100 ms. */
const impatient: Agent = { ...filesAgent, skills: [{ ...overwrite, undoDeadline: 100 }] };

test("[CA-40] undo runs last in, first out, across faults and their records", async () => {
  await using files = await FilesStage.open();
  await files.pass(files.experiment([overwriteAll, { skill: "files.create" }, { ...overwriteAll, count: 2 }]));
  const recorded = files.stage.of("undo-recorded").filter(({ revision }) => revision === 0);
  const undone = files.stage.of("undo-started").map(({ undo }) => undo);
  expect(undone).toEqual(recorded.map(({ undo }) => undo).reverse());
  await files.expectAsBefore();
});

test("fifty undos of which ten fail: forty are done, ten are listed with the command that finishes them", async () => {
  await using files = await FilesStage.open({ files: 50 });
  const stubborn = names(50).filter((_, i) => i % 5 === 2);
  await files.files.trouble({ failUndo: stubborn });
  const outcome = await files.pass(files.experiment([overwriteAll]));
  expect(outcome.verdict).toBe("rollback-incomplete");
  expect(outcome.left.map(({ thing }) => thing).sort()).toEqual(stubborn);
  expect(outcome.left[0]!.why).toContain("the disk refuses");
  const [finished] = files.stage.of("run-finished");
  expect(finished).toMatchObject({ verdict: "rollback-incomplete", retry: `chaos recover ${outcome.run}` });
  expect(finished!.left).toHaveLength(10);
  expect(files.stage.of("undo-finished").filter((one) => one.outcome === "undone")).toHaveLength(40);
  expect(await files.differences()).toEqual(stubborn.map((name) => `${name} is not what it was`));

  await files.files.trouble({});
  expect(await files.stage.recover(outcome.run)).toMatchObject({ verdict: "interrupted", left: [] });
  await files.expectAsBefore();
  files.expectWellKept();
  expect(await files.stage.store.summary(outcome.run)).toMatchObject({ pending: 0, live: false });
});

test("an undo that never answers counts as failed after its time, and holds up no other for longer", async () => {
  await using files = await FilesStage.open({ agent: impatient });
  await files.files.trouble({ hangUndo: ["f02"] });
  const outcome = await files.pass(files.experiment([overwriteAll]));
  expect(outcome).toMatchObject({ verdict: "rollback-incomplete", left: [{ thing: "f02" }] });
  expect(outcome.left[0]!.why).toContain("did not finish within 100ms");
  expect(await files.differences()).toEqual(["f02 is not what it was"]);
  await files.files.trouble({});
  // on a busy disk one may take longer, and is tried again
  expect(await runOut(files.clock, files.stage.recover(outcome.run))).toMatchObject({ left: [] });
  await files.expectAsBefore();
});

test("a target that cannot be reached for a while is waited for", async () => {
  await using files = await FilesStage.open();
  const { ended } = await files.stand(files.experiment([overwriteAll, { skill: "files.create" }]));
  await files.files.trouble({ unreachable: true });
  await files.clock.asleepFor(10_000);
  files.clock.advance(10_000);
  await files.clock.asleepFor(500);
  files.clock.advance(500);
  await files.clock.asleepFor(1_000);
  await files.files.trouble({});
  files.clock.advance(1_000);
  expect(await ended).toMatchObject({ verdict: "passed", left: [] });
  await files.expectAsBefore();
});

test("a target that cannot be reached when all is undone is waited for too, and then looked at", async () => {
  let deaf = 2;
  const skills = filesAgent.skills.map((skill) => ({
    ...skill,
    verify: async (...given: Parameters<typeof skill.verify>) => {
      if (deaf-- > 0) throw new Error("nobody answers");
      return await skill.verify(...given);
    },
  }));
  await using files = await FilesStage.open({ agent: { ...filesAgent, skills } });
  const { ended } = await files.stand(files.experiment([{ skill: "files.create" }]));
  await files.clock.asleepFor(10_000);
  files.clock.advance(10_000);
  await files.clock.asleepFor(500);
  files.clock.advance(500);
  await files.clock.asleepFor(1_000);
  files.clock.advance(1_000);
  expect(await ended).toMatchObject({ verdict: "passed", left: [] });
  expect(files.stage.of("verified").map(({ residues }) => residues)).toEqual([[]]);
});

test("a target that stays away leaves its undos listed, not lost", async () => {
  await using files = await FilesStage.open();
  const experiment = files.experiment([overwriteAll]);
  const { ended } = await files.stand(experiment);
  await files.files.trouble({ unreachable: true });
  await files.clock.asleepFor(10_000);
  files.clock.advance(10_000);
  for (const pause of [500, 1_000, 2_000, 4_000, 5_000, 5_000, 5_000, 5_000]) {
    await files.clock.asleepFor(pause);
    files.clock.advance(pause);
  }
  const outcome = await ended;
  expect(outcome).toMatchObject({ verdict: "rollback-incomplete" });
  expect(outcome.left.map(({ thing }) => thing).sort()).toEqual(names(3));
  await files.files.trouble({});
  expect(await files.stage.recover(outcome.run)).toMatchObject({ left: [] });
  await files.expectAsBefore();
});

test("a retry connects afresh: a connection that broke is not asked again", async () => {
  let connections = 0;
  const broken = new Set<unknown>();
  const agent: Agent = {
    ...filesAgent,
    skills: [
      {
        ...overwrite,
        async undo(target, record, context) {
          if (broken.has(target)) throw new Error("connection reset by peer");
          return await overwrite.undo(target, record, context);
        },
      },
    ],
    async connect(config, context) {
      const target = await filesAgent.connect(config, context);
      if (connections++ === 0) broken.add(target);
      return target;
    },
  };
  await using files = await FilesStage.open({ agent });
  expect(await files.pass(files.experiment([overwriteAll]))).toMatchObject({ verdict: "passed", left: [] });
  await files.expectAsBefore();
});

test("what we hold ourselves is let go before the undo, also where nothing fences it", async () => {
  const unfenced: Skill = { ...lock, fence: async () => undefined };
  await using files = await FilesStage.open({ agent: { ...filesAgent, skills: [unfenced] } });
  const experiment = files.experiment([{ skill: "files.lock", params: { files: ["f01", "f02"] } }]);
  expect(await files.pass(experiment)).toMatchObject({ verdict: "passed", left: [] });
  await files.expectAsBefore();
});

test("a fault that cannot be fenced is not undone: its change may still come", async () => {
  await using files = await FilesStage.open();
  await files.files.trouble({ failFence: ["f02"] });
  const experiment = files.experiment([{ skill: "files.create" }, overwriteAll]);
  const outcome = await files.pass(experiment);
  expect(outcome).toMatchObject({ verdict: "rollback-incomplete" });
  expect(outcome.left.map(({ fault }) => fault)).toEqual(["2", "2", "2"]);
  expect(outcome.left[0]!.why).toContain("cannot be ended");
  expect(files.stage.of("undo-started").map(({ fault }) => fault)).toEqual(["1"]);
  await files.files.trouble({});
  expect(await files.stage.recover(outcome.run)).toMatchObject({ left: [] });
  await files.expectAsBefore();
});

test("of changes to the same thing, an older one waits while a newer one cannot be undone", async () => {
  await using files = await FilesStage.open({ agent: impatient });
  const { ended } = await files.stand(files.experiment([{ ...overwriteAll, params: { files: ["f02"] }, count: 2 }]));
  await files.files.trouble({ failUndo: ["f02"] });
  await files.clock.asleepFor(10_000);
  files.clock.advance(10_000);
  for (const pause of [500, 1_000, 2_000, 4_000, 5_000, 5_000, 5_000, 5_000]) {
    await files.clock.asleepFor(pause);
    files.clock.advance(pause);
  }
  const outcome = await ended;
  expect(outcome.left.map(({ undo, why }) => [undo, why])).toEqual([
    [2, "the disk refuses to put f02 back"],
    [1, "waits for undo 2 of the same thing"],
  ]);
  await files.files.trouble({});
  expect(await files.stage.recover(outcome.run)).toMatchObject({ left: [] });
  expect(files.stage.of("undo-finished").map((one) => one.outcome)).not.toContain("conflict");
  await files.expectAsBefore();
});

test("what can still be seen after the undo is left, whatever the undo said", async () => {
  const liar: Agent = {
    ...filesAgent,
    skills: [{ ...overwrite, undo: async () => ({ outcome: "undone", detail: "surely" }) }],
  };
  await using files = await FilesStage.open({ agent: liar });
  const outcome = await files.pass(files.experiment([overwriteAll]));
  expect(outcome).toMatchObject({ verdict: "rollback-incomplete" });
  expect(outcome.left.map(({ why }) => why).sort()).toEqual(names(3).map((name) => `${name} holds what we wrote`));
  expect(await files.stage.store.summary(outcome.run)).toMatchObject({ pending: 3 });
});
