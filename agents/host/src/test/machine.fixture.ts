import type { HostPhotograph } from "@chaos-agents/testkit";
import { type SkillContract, type Subject, skillContract } from "@chaos-agents/testkit/contract";
import { afterAll, beforeAll } from "vitest";
import { hostAgent } from "../index.ts";
import { type MachineFault, feltScript } from "./machine-faults.fixture.ts";
import { RealMachine } from "./real-machine.fixture.ts";

/** One machine for all tests of a file, and the agent that reaches it. */
export function sharedMachine() {
  let machine: RealMachine | undefined;
  beforeAll(async () => void (machine = await RealMachine.open()), 900_000);
  afterAll(() => machine?.[Symbol.asyncDispose](), 60_000);
  const get = () => machine!;
  return {
    get,
    agent: hostAgent((_login, _config, { signal }) => get().login(signal)),
    config: { hosts: [{ host: "machine", username: "root" }] },
    /** Which of these are felt there now, by the names of their skills. */
    felt: async (faults: readonly MachineFault[]) =>
      (await get().line(feltScript(faults, Date.now()))).split("\n").filter(Boolean),
  };
}
export type SharedMachine = ReturnType<typeof sharedMachine>;

/** Holds one skill to some promises there; the others it keeps on quicker hosts. */
export function machineContract(
  { get, agent, config, felt }: SharedMachine,
  fault: MachineFault,
  only: RegExp,
  meddle?: SkillContract<Subject<HostPhotograph>>["meddle"],
): void {
  skillContract<Subject<HostPhotograph>>({
    agent,
    skill: fault.skill,
    where: "a real machine",
    only,
    ...(meddle && { meddle }),
    async subject() {
      if (fault.prepare !== undefined) await get().line(fault.prepare);
      return {
        config,
        params: fault.params,
        observeEffect: async () => (await felt([fault])).length > 0,
        oracle: get().oracle,
        async [Symbol.asyncDispose]() {},
      };
    },
  });
}
