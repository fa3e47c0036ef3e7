import { type Agent, ChaosError } from "@chaos-agents/core";
import { openStore } from "@chaos-agents/journal";
import { FilesStage, filesAgent } from "@chaos-agents/testkit/files-agent";
import { expect, test } from "vitest";

const everything = [{ skill: "files.overwrite" }, { skill: "files.create" }] as const;

/** A run that left something: its undos failed, and the trouble is over. */
async function leftBehind(files: FilesStage): Promise<string> {
  await files.files.trouble({ failUndo: ["*"] });
  const { run, left } = await files.pass(files.experiment([...everything]));
  expect(left).toHaveLength(4);
  await files.files.trouble({});
  return run;
}

test("[CA-41] recovery finishes from the journal alone, in a process that knows nothing else", async () => {
  await using files = await FilesStage.open();
  const run = await leftBehind(files);
  const elsewhere = openStore(files.stage.home);
  expect(await files.stage.recover(run, { store: elsewhere })).toMatchObject({ verdict: "interrupted", left: [] });
  await files.expectAsBefore();
  files.expectWellKept();
  expect(await elsewhere.list()).toMatchObject([{ run, pending: 0, verdict: "interrupted", live: false }]);
});

test("a second recovery of a clean run does nothing", async () => {
  await using files = await FilesStage.open();
  const run = await leftBehind(files);
  await files.stage.recover(run);
  const events = files.stage.events.length;
  expect(await files.stage.recover(run)).toMatchObject({ left: [] });
  expect(files.stage.events).toHaveLength(events);
});

test("of two recoveries at the same time exactly one works", async () => {
  await using files = await FilesStage.open();
  const run = await leftBehind(files);
  const outcomes = await Promise.allSettled([
    files.stage.recover(run),
    files.stage.recover(run, { store: openStore(files.stage.home) }),
  ]);
  expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  const lost = outcomes.find((outcome) => outcome.status === "rejected")!;
  expect(lost.reason).toMatchObject({ code: "run-locked" });
  await files.expectAsBefore();
  files.expectWellKept();
});

test("a run that was cut off before it changed anything is closed without its secrets or its target", async () => {
  await using files = await FilesStage.open();
  const run = "20261122-101500-abcdef";
  const header = { run, experiment: "e", source: {}, secrets: {}, startedAt: 0 };
  await using created = await files.stage.store.create(header, { redact: (text) => text });
  await created[Symbol.asyncDispose]();
  const revive = () => Promise.reject(new ChaosError("missing-secret", "DB_PASSWORD is not set"));
  expect(await files.stage.recover(run, { revive })).toMatchObject({ verdict: "interrupted", left: [] });
  expect(await files.stage.store.summary(run)).toMatchObject({ verdict: "interrupted", pending: 0, live: false });
});

test("a run that still lives is not recovered", async () => {
  await using files = await FilesStage.open();
  const { ended } = await files.stand(files.experiment([...everything]));
  const [live] = await files.stage.store.list();
  expect(live).toMatchObject({ live: true, pending: 4 });
  await expect(files.stage.recover(live!.run)).rejects.toMatchObject({ code: "run-locked" });
  await files.clock.asleepFor(10_000);
  files.clock.advance(10_000);
  expect(await ended).toMatchObject({ verdict: "passed" });
  await files.expectAsBefore();
});

test("a recovery that fails again says what is left, and another one finishes it", async () => {
  await using files = await FilesStage.open();
  const run = await leftBehind(files);
  await files.files.trouble({ failUndo: ["f03"] });
  const patience = { undo: 1_000, fence: 1_000, target: 0 };
  expect(await files.stage.recover(run, { patience })).toMatchObject({
    verdict: "rollback-incomplete",
    left: [{ thing: "f03" }],
  });
  await files.files.trouble({});
  expect(await files.stage.recover(run)).toMatchObject({ verdict: "interrupted", left: [] });
  await files.expectAsBefore();
});

test("undos of a skill that this version does not have are left, and stop no other", async () => {
  await using files = await FilesStage.open();
  const run = await leftBehind(files);
  const skills = filesAgent.skills.filter(({ name }) => name !== "files.create");
  const patience = { undo: 1_000, fence: 1_000, target: 0 };
  const catalog = { agents: [{ ...filesAgent, skills }], probes: [] };
  const outcome = await files.stage.recover(run, { catalog, patience });
  expect(outcome).toMatchObject({ verdict: "rollback-incomplete", left: [{ thing: "made" }] });
  expect(outcome.left[0]!.why).toContain('no skill "files.create"');
  expect(await files.differences()).toHaveLength(3);
  expect(await files.stage.recover(run)).toMatchObject({ left: [] });
  await files.expectAsBefore();
});

test("secrets are kept until the run is clean, and not longer", async () => {
  await using files = await FilesStage.open();
  await files.files.trouble({ failUndo: ["*"] });
  const secrets = { "1": "hunter2" };
  const { run } = await files.pass(files.experiment([...everything]), { secrets });
  expect((await files.stage.store.header(run)).secrets).toEqual(secrets);
  await files.files.trouble({});
  const recover = () =>
    files.stage.recover(run, {
      async revive(header) {
        if (header.secrets["1"] === undefined) throw new ChaosError("missing-secret", "the secret is gone");
        return { experiment: files.experiment([...everything]), redact: (text) => text };
      },
    });
  expect(await recover()).toMatchObject({ left: [] });
  expect((await files.stage.store.header(run)).secrets).toEqual({});
  expect(await recover(), "a clean run needs no secret any more").toMatchObject({ left: [] });
  await files.expectAsBefore();
});

test("a target that is not the one that was broken is refused, and nothing of it is touched", async () => {
  let identity: Record<string, string> = { system: "one", database: "5" };
  const agent: Agent = {
    ...filesAgent,
    async connect(config, context) {
      return Object.assign(await filesAgent.connect(config, context), { identity });
    },
  };
  await using files = await FilesStage.open({ agent });
  const run = await leftBehind(files);
  const broken = await files.differences();
  const events = files.stage.events.length;
  const others = [["two", "5"], ["one", "6"], ["two"]] as const;
  for (const [system, database] of others) {
    identity = { system, ...(database ? { database } : {}) };
    await expect(files.stage.recover(run)).rejects.toMatchObject({
      code: "another-target",
      remedy: expect.stringContaining(`chaos recover ${run} --moved`),
    });
  }
  expect(await files.differences()).toEqual(broken);
  expect(files.stage.events).toHaveLength(events);
  expect(files.stage.of("target-discovered")[0]!.identity).not.toMatchObject({ system: "one" });
  identity = { database: "5", newer: "fact" };
  expect(await files.stage.recover(run)).toMatchObject({ left: [] });
  await files.expectAsBefore();
});

test("what was broken may have moved, where that is said; a journal that knows no identity is undone as ever", async () => {
  const identities = [
    [{ system: "one" }, { system: "two" }, true],
    [{}, { system: "two" }, false],
  ] as const;
  for (const [then, now, moved] of identities) {
    let identity: Record<string, string> = then;
    const connect: Agent["connect"] = async (config, context) =>
      Object.assign(await filesAgent.connect(config, context), { identity });
    await using files = await FilesStage.open({ agent: { ...filesAgent, connect } });
    const run = await leftBehind(files);
    identity = now;
    expect(await files.stage.recover(run, { moved })).toMatchObject({ left: [] });
    await files.expectAsBefore();
  }
});
