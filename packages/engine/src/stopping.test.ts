import type { Event, Skill } from "@chaos-agents/core";
import { openStore } from "@chaos-agents/journal";
import { FilesStage, filesAgent, holdersIn, overwrite } from "@chaos-agents/testkit/files-agent";
import { expect, test } from "vitest";
import { StopSource } from "./stop-source.ts";

const everything = [
  { skill: "files.overwrite", params: { files: ["f02", "f03"] } },
  { skill: "files.create" },
  { skill: "files.lock", params: { files: ["f01"] } },
] as const;
const nothing = { bytes: "", mode: 0o600 };

test("a stop before anything is touched ends the run there", async () => {
  await using files = await FilesStage.open();
  const stop = new StopSource();
  stop.stop("interrupt", "Ctrl-C");
  const outcome = await files.stage.run(files.experiment([...everything]), { stop });
  expect(outcome).toMatchObject({ verdict: "interrupted", reason: "Ctrl-C", left: [] });
  expect(files.types()).not.toContain("fault-started");
});

test("a stop while somebody thinks about approving ends the run, and nothing is touched", async () => {
  await using files = await FilesStage.open();
  const stop = new StopSource();
  const approve = async () => {
    stop.stop("interrupt", "Ctrl-C");
    return await new Promise<boolean>(() => {});
  };
  expect(await files.stage.run(files.experiment([...everything]), { stop, approve })).toMatchObject({
    verdict: "interrupted",
  });
  expect(files.types()).not.toContain("fault-started");
});

test("a stop in the middle of an injection undoes what was made", async () => {
  await using files = await FilesStage.open();
  await files.files.trouble({ hangInject: ["f03"] });
  const stop = new StopSource();
  const running = files.stage.run(files.experiment([...everything]), { stop });
  await files.stage.seen("undo-recorded", ({ thing }) => thing === "f03");
  stop.stop("interrupt", "Ctrl-C");
  expect(await running).toMatchObject({ verdict: "interrupted", left: [] });
  expect(files.types()).not.toContain("fault-injected");
  expect(files.stage.of("stop-requested")).toMatchObject([{ by: "interrupt", detail: "Ctrl-C" }]);
  await files.expectAsBefore();
});

test("a stop that comes while an undo is recorded lets its change not happen, though the skill does not listen", async () => {
  let acted = false;
  const deaf: Skill = {
    ...overwrite,
    async *inject(_, thing) {
      yield { record: { file: thing.key, was: nothing, became: nothing, scratch: ".chaos-x" } };
      acted = true;
    },
  };
  await using files = await FilesStage.open({ agent: { ...filesAgent, skills: [deaf] } });
  const stop = new StopSource();
  const stopAtOnce = ({ type }: Event) => {
    if (type === "undo-recorded") stop.stop("interrupt", "Ctrl-C");
  };
  const outcome = await files.stage.run(files.experiment([everything[0]]), { stop, listeners: [stopAtOnce] });
  expect(outcome).toMatchObject({ verdict: "interrupted", left: [] });
  expect(acted).toBe(false);
});

test("a stop while faults stand undoes them all", async () => {
  await using files = await FilesStage.open();
  const stop = new StopSource();
  const { ended } = await files.stand(files.experiment([...everything]), { stop });
  expect(await files.differences()).not.toEqual([]);
  stop.stop("interrupt", "SIGTERM");
  expect(await ended).toMatchObject({ verdict: "interrupted", reason: "SIGTERM", left: [] });
  await files.expectAsBefore();
  expect(await holdersIn(files.files.directory)).toEqual([]);
  files.expectWellKept();
});

test("a second stop cuts the waiting short and skips no undo", async () => {
  await using files = await FilesStage.open();
  await files.files.trouble({ failUndo: ["f02"] });
  const stop = new StopSource();
  const { ended } = await files.stand(files.experiment([...everything]), { stop });
  stop.stop("interrupt", "Ctrl-C");
  await files.clock.asleepFor(500);
  stop.stop("interrupt", "Ctrl-C again");
  const outcome = await ended;
  expect(outcome).toMatchObject({ verdict: "rollback-incomplete", left: [{ thing: "f02" }] });
  expect(files.types()).toContain("hurried");
  expect(files.stage.of("undo-finished").filter(({ outcome: one }) => one === "undone")).toHaveLength(3);
  expect(await files.differences()).toEqual(["f02 is not what it was"]);
});

test("an injection that does not listen does not hold up the undo once somebody asked twice", async () => {
  await using files = await FilesStage.open();
  await files.files.trouble({ deafInject: ["f03"] });
  const stop = new StopSource();
  const running = files.stage.run(files.experiment([everything[0]]), { stop });
  await files.stage.seen("undo-recorded", ({ thing }) => thing === "f03");
  stop.stop("interrupt", "Ctrl-C");
  stop.stop("interrupt", "Ctrl-C again");
  expect(await running).toMatchObject({ verdict: "interrupted", left: [] });
  expect(files.types()).toContain("hurried");
  await files.expectAsBefore();
});

test("a guard out of tolerance stops the run and undoes everything", async () => {
  await using files = await FilesStage.open();
  files.dials["latency"] = 5;
  const guard = {
    name: "customers wait",
    kind: "dial",
    params: { dial: "latency" },
    every: 250,
    timeout: 1_000,
    expect: "< 100",
    for: 500,
  };
  const { ended } = await files.stand(files.experiment([...everything], { guards: [guard] }));
  files.dials["latency"] = 400;
  for (let i = 0; i < 3; i++) {
    await files.clock.asleepFor(250);
    files.clock.advance(250);
  }
  const outcome = await ended;
  expect(outcome).toMatchObject({ verdict: "guarded", left: [] });
  expect(outcome.reason).toContain("customers wait");
  expect(files.stage.of("guard-tripped")).toHaveLength(1);
  expect(files.stage.of("stop-requested")).toMatchObject([{ by: "guard" }]);
  await files.expectAsBefore();
});

test("a guard that is bad for less than its time stops nothing", async () => {
  await using files = await FilesStage.open();
  files.dials["latency"] = 5;
  const guard = {
    name: "g",
    kind: "dial",
    params: { dial: "latency" },
    every: 250,
    timeout: 1_000,
    expect: "< 100",
    for: 500,
  };
  const { ended } = await files.stand(files.experiment([...everything], { guards: [guard] }));
  for (const reading of [400, 5, 400, 5]) {
    files.dials["latency"] = reading;
    await files.clock.asleepFor(250);
    files.clock.advance(250);
  }
  await files.clock.asleepFor(250);
  files.clock.advance(10_000);
  expect(await ended).toMatchObject({ verdict: "passed" });
});

test("a halt by another process stops the run, and no new one starts until it is resumed", async () => {
  await using files = await FilesStage.open();
  const experiment = files.experiment([...everything]);
  const { ended } = await files.stand(experiment);
  const elsewhere = openStore(files.stage.home);
  await elsewhere.lever.halt({ at: 0, by: "ops", reason: "the real outage" });
  const outcome = await ended;
  expect(outcome).toMatchObject({ verdict: "halted", left: [] });
  expect(outcome.reason).toContain("the real outage");
  await files.expectAsBefore();
  await expect(files.stage.run(experiment)).rejects.toMatchObject({ code: "halted", exitCode: 5 });
  await elsewhere.lever.resume();
  expect(await files.pass(experiment)).toMatchObject({ verdict: "passed" });
});

test("a fault that does not last stops the run", async () => {
  await using files = await FilesStage.open();
  const { ended } = await files.stand(files.experiment([...everything]));
  for (const { pid } of await holdersIn(files.files.directory)) process.kill(pid, "SIGKILL");
  const outcome = await ended;
  expect(outcome).toMatchObject({ verdict: "unlanded", left: [] });
  expect(outcome.reason).toContain("did not last");
  expect(files.stage.of("fault-lost")).toMatchObject([{ thing: "f01" }]);
  await files.expectAsBefore();
});

test("a source for several runs stops them all; one run stops by itself", async () => {
  await using one = await FilesStage.open();
  await using two = await FilesStage.open();
  const stop = new StopSource();
  await one.files.trouble({ failInject: ["f03"] });
  const second = await two.stand(two.experiment([...everything]), { stop });
  expect(await one.stage.run(one.experiment([...everything]), { stop })).toMatchObject({ verdict: "unlanded" });
  expect(stop.reason).toBeUndefined();
  stop.stop("interrupt", "Ctrl-C");
  expect(await second.ended).toMatchObject({ verdict: "interrupted" });
});

test("a run of a machine that is halted already leaves nothing behind", async () => {
  await using files = await FilesStage.open();
  await files.stage.store.lever.halt({ at: 0, by: "ops", reason: "freeze" });
  const experiment = files.experiment([...everything]);
  await expect(files.stage.run(experiment)).rejects.toThrow("freeze");
  expect(await files.stage.store.list()).toEqual([]);
});
