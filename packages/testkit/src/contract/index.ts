export type { Check, CheckedSkill, SkillContract, Stall, Subject } from "./contract.ts";
export { EndingClock, HandClock, runOut } from "./hand-clock.ts";
export { expectFelt, expectUnchanged } from "./expectations.ts";
export { FaultAlone } from "./fault-alone.ts";
export { type LosableWire, startLosableWire } from "./losable-wire.ts";
export { lastingDifferences, type Oracle } from "./oracle.ts";
export { expectWellKept, standing } from "./run-checks.ts";
export { skillContract } from "./skill-contract.ts";
export { Stage, experimentOf, revive } from "./stage.ts";
