import { expect } from "vitest";
import type { Check, CheckedSkill } from "./contract.ts";
import { FaultAlone } from "./fault-alone.ts";
import { expectFelt, expectUnchanged } from "./expectations.ts";

const alone = ({ agent, skill, subject }: CheckedSkill) => FaultAlone.open(agent, skill, subject.config);

const saysWhatItIs: Check = {
  promise: "it says what it does, with an example that it accepts",
  async check({ skill }) {
    expect(() => skill.params.parse(skill.example)).not.toThrow();
    expect([skill.summary, skill.effect, skill.reversalNote].filter((text) => text.trim() === "")).toEqual([]);
  },
};

const namesThings: Check = {
  promise: "it names the same things twice, each by a key of its own, as plain data",
  async check(checked) {
    const { params } = checked.subject;
    await using fault = await alone(checked);
    const things = await fault.things(params);
    expect(things.length).toBeGreaterThan(0);
    expect(new Set(things.map(({ key }) => key)).size).toBe(things.length);
    expect(things.filter(({ label, undoLabel }) => !label || !undoLabel)).toEqual([]);
    expect(JSON.parse(JSON.stringify(things))).toEqual(things);
    expect(await fault.things(params)).toEqual(things);
  },
};

const yieldsBeforeItActs: Check = {
  promise: "it tells its undo before every change: without that record, the others put everything back",
  async check(checked) {
    const { params, oracle } = checked.subject;
    for (const at of await yieldsToLookAt(checked)) {
      const before = await oracle.photograph();
      await using fault = await alone(checked);
      const [thing] = await fault.things(params);
      const driven = fault.drive(thing!);
      expect(await driven.stepTo(at), `there is a yield ${at}`).toBe(true);
      const told = [...driven.records];
      if (at === 1) expect(await fault.landed(thing!, [driven.announced!.record]), "it is not there yet").toBe(false);
      await driven.letGo();
      await fault.putBack(told);
      await fault.close();
      await expectUnchanged(oracle, before, `at yield ${at} the change it announces has not happened`);
      driven.write();
      const [newest] = await fault.putBack(driven.records);
      expect(newest!.outcome, `the change of yield ${at} never happened: ${newest!.detail}`).toBe("already");
      await expectUnchanged(oracle, before, `a change that never happened has nothing to undo (yield ${at})`);
    }
  },
};

const undoesTwice: Check = {
  promise: "it is put back, and putting it back twice changes nothing more",
  async check(checked) {
    const { params, oracle } = checked.subject;
    const before = await oracle.photograph();
    await using fault = await alone(checked);
    const [thing] = await fault.things(params);
    const driven = fault.drive(thing!);
    await driven.finish();
    const { records } = driven;
    expect(records.length, "it says how to undo what it does").toBeGreaterThan(0);
    if (checked.skill.reversal !== "recovers-by-itself") {
      for (const [i, residues] of (await fault.verify(records)).entries())
        expect(residues, `record ${i + 1} can be seen while the fault stands`).not.toEqual([]);
    }
    await driven.letGo();
    const first = (await fault.putBack(records)).map(({ outcome }) => outcome);
    expect(first.filter((outcome) => outcome !== "undone" && outcome !== "already")).toEqual([]);
    expect((await fault.verify(records)).flat(), "nothing can be seen of it").toEqual([]);
    // what has ended stays ended: only whoever felt it comes back
    if (checked.skill.reversal !== "recovers-by-itself")
      expect(await fault.landed(thing!, records), "it is not there any more").toBe(false);
    const twice = (await fault.putBack(records)).map(({ outcome }) => outcome);
    expect([...new Set(twice)], "the second time there is nothing to do").toEqual(["already"]);
    await fault.close();
    await expectUnchanged(oracle, before, "it is as it was");
  },
};

const fencesTheLiving: Check = {
  promise: "a fresh process puts it back while the client that broke it still lives",
  async check(checked) {
    const { params, oracle } = checked.subject;
    const before = await oracle.photograph();
    await using fault = await alone(checked);
    const [thing] = await fault.things(params);
    const driven = fault.drive(thing!);
    await driven.finish();
    await fault.putBack(driven.records);
    expect((await fault.verify(driven.records)).flat()).toEqual([]);
    await driven.letGo();
    await fault.close();
    await expectUnchanged(oracle, before, "and nothing of it comes back");
  },
};

const fencesTheRunning: Check = {
  promise: "it is put back while its statement still runs there and nobody waits for it, and nothing comes after",
  needs: "stall",
  async check(checked) {
    const { agent, skill, subject } = checked;
    const { oracle } = subject;
    const before = await oracle.photograph();
    await using stall = await checked.stall();
    await using fault = await FaultAlone.open(agent, skill, subject.config, stall.config);
    const [thing] = await fault.things(stall.params ?? subject.params);
    const driven = fault.drive(thing!);
    const lost = driven.finish().then(
      () => "finished",
      () => "lost",
    );
    await Promise.race([
      stall.reached(),
      lost.then((how) => Promise.reject(new Error(`it never waited: it was ${how}`))),
    ]);
    expect(driven.records.length, "its undo was told before the statement was sent").toBeGreaterThan(0);
    stall.lose();
    expect(await lost, "its client does not hear of it any more").toBe("lost");
    await fault.fence(driven.records);
    expect(await stall.waits(), "what waited was ended before anything is compared").toBe(false);
    const outcomes = (await fault.putBack(driven.records)).map(({ outcome }) => outcome);
    expect([...new Set(outcomes)], "nothing of it had happened").toEqual(["already"]);
    await stall.release();
    await expectFelt(subject, false, "the statement that was under way did not come through");
    // only now the target hears that the client is gone, with all that it had there besides
    await stall[Symbol.asyncDispose]();
    await expectUnchanged(oracle, before, "it is as it was");
    await fault.close();
  },
};

/** Which yields to look at, counted from 1: all of a few, and of many the first, the last and some between. */
async function yieldsToLookAt(checked: CheckedSkill): Promise<number[]> {
  await using fault = await alone(checked);
  const [thing] = await fault.things(checked.subject.params);
  const driven = fault.drive(thing!);
  const yields = await driven.finish();
  await driven.letGo();
  await fault.putBack(driven.records);
  if (yields <= 6) return Array.from({ length: yields }, (_, i) => i + 1);
  return [1, 2, 3, Math.floor(yields / 2), yields - 1, yields];
}

/** The skill's own parts, driven by hand: what has to hold between any two of its steps. */
export const skillChecks: readonly Check[] = [
  saysWhatItIs,
  namesThings,
  yieldsBeforeItActs,
  undoesTwice,
  fencesTheLiving,
  fencesTheRunning,
];
