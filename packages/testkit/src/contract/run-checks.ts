import { type Event, type Experiment, eventSchema } from "@chaos-agents/core";
import { StopSource } from "@chaos-agents/engine";
import { expect } from "vitest";
import type { Check, CheckedSkill } from "./contract.ts";
import { EndingClock } from "./hand-clock.ts";
import { expectFelt, expectUnchanged } from "./expectations.ts";
import { Stage, experimentOf } from "./stage.ts";

/** Longer than any test; an EndingClock ends it. */
const untilEnded = 3_599_999;

const experimentFor = ({ agent, skill, subject }: CheckedSkill): Experiment =>
  experimentOf({
    targets: { main: { kind: agent.target, config: agent.config.parse(subject.config) } },
    skills: [{ skill: skill.name, params: skill.params.parse(subject.params), count: 1, target: "main" }],
    duration: untilEnded,
  });

const dryRun: Check = {
  promise: "a dry run shows what would happen, and changes nothing",
  async check(checked) {
    const { oracle } = checked.subject;
    await using stage = await Stage.open(checked.catalog);
    const before = await oracle.photograph();
    const outcome = await stage.plan(experimentFor(checked));
    expect(outcome).toMatchObject({ verdict: "observed", left: [] });
    expect(stage.of("planned")[0]!.faults[0]!.things.length).toBeGreaterThan(0);
    expect(await stage.store.list()).toEqual([]);
    await expectUnchanged(oracle, before, "it is as it was");
  },
};

const landsAndGoes: Check = {
  promise: "it lands, is felt outside, and is put back when its time is over",
  async check(checked) {
    const { subject } = checked;
    const { oracle } = subject;
    const clock = new EndingClock(untilEnded);
    await using stage = await Stage.open(checked.catalog, clock);
    const before = await oracle.photograph();
    expect(await subject.observeEffect(), "nobody feels anything before").toBe(false);
    const running = stage.run(experimentFor(checked));
    await standing(stage, running);
    await expectFelt(subject, true, "it is felt outside while it stands");
    clock.end();
    expect(await running).toMatchObject({ verdict: "passed", left: [] });
    const witnessed = stage.of("fault-witnessed");
    expect(witnessed.every(({ landed, seen }) => landed && seen === checked.skill.seen)).toBe(true);
    expect(stage.of("verified").flatMap(({ residues }) => residues)).toEqual([]);
    expect(await subject.observeEffect(), "nobody feels anything after").toBe(false);
    await expectUnchanged(oracle, before, "it is as it was");
    expectWellKept(stage.events);
  },
};

const stopsAtRecords: Check = {
  promise: "it stops at any of its undo records, and is put back",
  async check(checked) {
    const { oracle } = checked.subject;
    const before = await oracle.photograph();
    for (let at = 1; at <= 5; at++) {
      const stop = new StopSource();
      await using stage = await Stage.open(checked.catalog);
      let told = 0;
      const stopAt = (event: Event) => {
        if (event.type === "undo-recorded") told++;
        if (told >= at || event.type === "fault-injected") stop.stop("interrupt", `at record ${at}`);
      };
      expect(await stage.run(experimentFor(checked), { stop, listeners: [stopAt] })).toMatchObject({ left: [] });
      await expectUnchanged(oracle, before, `stopped at record ${at}, it is as it was`);
      if (told < at) break;
    }
  },
};

const stopsBetween = (turns: number): Check => ({
  promise: `it stops ${turns} turns into its injection, and is put back`,
  async check(checked) {
    const { oracle } = checked.subject;
    await using stage = await Stage.open(checked.catalog);
    const before = await oracle.photograph();
    const stop = new StopSource();
    const running = stage.run(experimentFor(checked), { stop });
    await Promise.race([stage.seen("undo-recorded"), running]);
    for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
    stop.stop("interrupt", `after ${turns} turns`);
    expect(await running).toMatchObject({ verdict: "interrupted", left: [] });
    expect(await stage.store.list()).toMatchObject([{ pending: 0, live: false }]);
    await expectUnchanged(oracle, before, "it is as it was");
  },
});

const keepsTheirs: Check = {
  promise: "what somebody else changed meanwhile is kept, and said",
  needs: "meddle",
  async check(checked) {
    const clock = new EndingClock(untilEnded);
    await using stage = await Stage.open(checked.catalog, clock);
    const running = stage.run(experimentFor(checked));
    await standing(stage, running);
    const isKept = await checked.meddle();
    expect(await isKept(), "somebody else's change is there").toBe(true);
    clock.end();
    expect(await running, "a conflict is no failure of the undo").toMatchObject({ left: [] });
    expect(stage.of("undo-finished").map(({ outcome }) => outcome)).toContain("conflict");
    expect(await isKept(), "somebody else's change is still there").toBe(true);
  },
};

/** Waits until the faults stand; fails with the run's own words when they never do. */
export async function standing(stage: Stage, running: Promise<unknown>): Promise<void> {
  const never = running.then((outcome) => {
    throw new Error(`the run ended before its faults stood: ${JSON.stringify(outcome)}`);
  });
  never.catch(() => undefined);
  await Promise.race([stage.seen("phase-started", ({ phase }) => phase === "observe"), never]);
}

/** Events as every view relies on them: valid, in order, without gaps. */
export function expectWellKept(events: readonly Event[]): void {
  for (const event of events) expect(() => eventSchema.parse(event), JSON.stringify(event)).not.toThrow();
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, i) => i + 1));
}

/** The skill in a real run, on a real journal. */
export const runChecks: readonly Check[] = [
  dryRun,
  landsAndGoes,
  stopsAtRecords,
  ...[0, 1, 4, 16, 64, 256].map(stopsBetween),
  keepsTheirs,
];
