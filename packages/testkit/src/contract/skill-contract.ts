import { builtInProbes } from "@chaos-agents/engine";
import { describe, test } from "vitest";
import type { Check, SkillContract, Subject } from "./contract.ts";
import { runChecks } from "./run-checks.ts";
import { skillChecks } from "./skill-checks.ts";

export const checks: readonly Check[] = [...skillChecks, ...runChecks];

/** The suite that every skill passes, on the real thing: what the engine relies on, and what users are promised. */
export function skillContract<S extends Subject>(contract: SkillContract<S>): void {
  describe(`${contract.skill} keeps the contract${contract.where ? ` on ${contract.where}` : ""}`, () => {
    for (const check of checks.filter(({ promise }) => contract.only?.test(promise) ?? true)) {
      if (check.needs === undefined || contract[check.needs]) test(check.promise, () => hold(check, contract));
    }
  });
}

/** Holds a skill to one promise, on a fresh subject. */
export async function hold<S extends Subject>(check: Check, contract: SkillContract<S>): Promise<void> {
  const { agent, mayRemain } = contract;
  const skill = agent.skills.find(({ name }) => name === contract.skill);
  if (!skill) throw new Error(`${agent.target} has no skill ${contract.skill}`);
  if (mayRemain && skill.reversal === "exact") throw new Error(`${skill.name} says exact: nothing may remain`);
  await using subject = await contract.subject();
  await check.check({
    agent,
    skill,
    catalog: { agents: [agent], probes: builtInProbes },
    subject: mayRemain ? forgiving(subject, mayRemain) : subject,
    meddle: () => contract.meddle!(subject),
    stall: () => contract.stall!(subject),
  });
}

function forgiving(subject: Subject, mayRemain: RegExp): Subject {
  const { config, params, oracle } = subject;
  return {
    config,
    params,
    observeEffect: subject.observeEffect,
    oracle: {
      ...oracle,
      photograph: () => oracle.photograph(),
      differences: (before, after) => oracle.differences(before, after).filter((line) => !mayRemain.test(line)),
    },
    [Symbol.asyncDispose]: () => subject[Symbol.asyncDispose](),
  };
}
