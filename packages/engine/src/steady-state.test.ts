import type { SteadyStateUse } from "@chaos-agents/core";
import { runOut } from "@chaos-agents/testkit/contract";
import { FilesStage } from "@chaos-agents/testkit/files-agent";
import { expect, test } from "vitest";
import { StopSource } from "./stop-source.ts";

const overwriteAll = { skill: "files.overwrite" } as const;
const latency = (when: SteadyStateUse["when"]): SteadyStateUse => ({
  name: "latency",
  kind: "dial",
  params: { dial: "latency" },
  every: 1_000,
  timeout: 1_000,
  expect: "< 100",
  when,
});
const watched = (files: FilesStage, when: SteadyStateUse["when"] = ["before", "during", "after"]) =>
  files.experiment([overwriteAll], { steadyState: [latency(when)] });

test("[CA-53] a steady state that does not hold before stops the run, and nothing is touched", async () => {
  await using files = await FilesStage.open();
  files.dials["latency"] = 250;
  const outcome = await files.stage.run(watched(files));
  expect(outcome).toMatchObject({ verdict: "deviated", reason: expect.stringContaining("250 is not < 100") });
  expect(files.types()).not.toContain("fault-started");
  expect(files.stage.of("steady-state-checked")).toMatchObject([{ when: "before", held: false }]);
  await files.expectAsBefore();
});

test("a guard that is out of tolerance before anything is touched stops the run too", async () => {
  await using files = await FilesStage.open();
  const guard = { name: "g", kind: "dial", params: { dial: "nobody sets it" }, every: 250, timeout: 1_000, for: 0 };
  expect(await files.stage.run(files.experiment([overwriteAll], { guards: [guard] }))).toMatchObject({
    verdict: "deviated",
  });
  expect(files.types()).not.toContain("fault-started");
});

test("[CA-53] a steady state that does not hold while faults stand makes the run deviate", async () => {
  await using files = await FilesStage.open();
  files.dials["latency"] = 5;
  const { ended } = await files.stand(watched(files));
  files.dials["latency"] = 400;
  await files.clock.asleepFor(1_000);
  files.clock.advance(1_000);
  await files.stage.seen("probe-answered", ({ value }) => value === 400);
  files.dials["latency"] = 5;
  files.clock.advance(9_000);
  const outcome = await runOut(files.clock, ended);
  expect(outcome).toMatchObject({ verdict: "deviated", left: [] });
  expect(outcome.reason).toContain("did not hold while faults stood (latency: latency reads 400");
  expect(files.stage.of("steady-state-checked").map(({ when, held }) => [when, held])).toEqual([
    ["before", true],
    ["during", false],
    ["after", true],
  ]);
  await files.expectAsBefore();
});

test("what is out of tolerance during the faults does not count where only before and after are asked", async () => {
  await using files = await FilesStage.open();
  files.dials["latency"] = 5;
  const { ended } = await files.stand(watched(files, ["before", "after"]));
  files.dials["latency"] = 400;
  await files.clock.asleepFor(1_000);
  files.clock.advance(1_000);
  await files.stage.seen("probe-answered", ({ value }) => value === 400);
  files.dials["latency"] = 5;
  files.clock.advance(9_000);
  expect(await runOut(files.clock, ended)).toMatchObject({ verdict: "passed" });
});

test("how long the system takes to be well again is measured from the undo on", async () => {
  await using files = await FilesStage.open();
  files.dials["latency"] = 5;
  const { ended } = await files.stand(watched(files, ["before", "after"]));
  files.dials["latency"] = 400;
  await files.clock.asleepFor(10_000);
  files.clock.advance(10_000);
  for (let asked = 0; asked < 3; asked++) {
    await files.clock.asleepFor(250);
    if (asked === 2) files.dials["latency"] = 5;
    files.clock.advance(250);
  }
  expect(await ended).toMatchObject({ verdict: "passed" });
  expect(files.stage.of("recovered")).toMatchObject([{ ms: 750 }]);
});

test("a system that does not recover in its time makes the run deviate, with everything undone", async () => {
  await using files = await FilesStage.open();
  files.dials["latency"] = 5;
  const { ended } = await files.stand({ ...watched(files, ["before", "after"]), recoveryDeadline: 1_000 });
  files.dials["latency"] = 400;
  await files.clock.asleepFor(10_000);
  files.clock.advance(10_000);
  const outcome = await runOut(files.clock, ended);
  expect(outcome).toMatchObject({ verdict: "deviated", left: [] });
  expect(outcome.reason).toContain("did not come back");
  expect(files.stage.of("recovered")).toMatchObject([{ ms: null }]);
  await files.expectAsBefore();
});

test("a stop while the system recovers asks one last time, and waits no longer", async () => {
  await using files = await FilesStage.open();
  files.dials["latency"] = 5;
  const stop = new StopSource();
  const { ended } = await files.stand(watched(files, ["before", "after"]), { stop });
  files.dials["latency"] = 400;
  await files.clock.asleepFor(10_000);
  files.clock.advance(10_000);
  await files.clock.asleepFor(250);
  stop.stop("interrupt", "Ctrl-C");
  expect(await ended).toMatchObject({ verdict: "interrupted", left: [] });
  expect(files.stage.of("recovered")).toMatchObject([{ ms: null }]);
});

test("every answer of a probe is an event, with its own latency", async () => {
  await using files = await FilesStage.open();
  files.dials["latency"] = 5;
  const { ended } = await files.stand(watched(files));
  await files.stage.seen("probe-answered");
  files.clock.advance(10_000);
  await runOut(files.clock, ended);
  for (const answer of files.stage.of("probe-answered")) {
    expect(answer).toMatchObject({ role: "steady-state", probe: "latency", ok: true, value: 5, latencyMs: 0 });
  }
});
