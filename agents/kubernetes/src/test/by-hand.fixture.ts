import type { Clock, Finding, Skill, Thing, UndoResult, Witness } from "@chaos-agents/core";
import { FaultAlone } from "@chaos-agents/testkit/contract";
import { type ClusterBed, agent } from "./cluster-bed.fixture.ts";

/** One fault of a skill, taken step by step. */
export interface ByHand extends AsyncDisposable {
  readonly things: readonly Thing[];
  readonly records: unknown[];
  readonly findings: readonly Finding[];
  /** Breaks every thing. */
  inject(): Promise<void>;
  witness(at?: number, clock?: Clock): Promise<Witness>;
  putBack(): Promise<UndoResult[]>;
  verify(): Promise<string[]>;
}

/** What a dry run would find, and the rest by hand. */
export async function byHand(name: string, { config, params }: Pick<ClusterBed, "config" | "params">): Promise<ByHand> {
  const skill: Skill = agent.skills.find((one) => one.name === name)!;
  const fault = await FaultAlone.open(agent, skill, config);
  const parsed = skill.params.parse(params);
  const things = await fault.things(params);
  const findings = (await skill.preflight?.(fault.target, things, parsed, fault.context)) ?? [];
  const driven = things.map((thing) => fault.drive(thing));
  const records = () => driven.flatMap((one) => one.records);
  const letGo = async () => {
    for (const one of driven) await one.letGo();
  };
  return {
    things,
    findings,
    get records() {
      return records();
    },
    async inject() {
      for (const one of driven) await one.finish();
    },
    witness: (at = 0, clock = fault.context.clock) =>
      skill.witness(fault.target, things[at]!, driven[at]!.records, { ...fault.context, clock }),
    async putBack() {
      await letGo();
      return await fault.putBack(records());
    },
    verify: async () => (await fault.verify(records())).flat(),
    async [Symbol.asyncDispose]() {
      await letGo();
      await fault.putBack(records());
      await fault.close();
    },
  };
}

/** Why a skill would not work with these params, asked before any connection. */
export function unsupported(name: string, params: Record<string, unknown>, config: Record<string, unknown> = {}) {
  const skill = agent.skills.find((one) => one.name === name)!;
  return skill.unsupported?.(agent.config.parse(config), skill.params.parse(params));
}
