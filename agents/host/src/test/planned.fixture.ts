import { type Finding, seededRandom, systemClock } from "@chaos-agents/core";
import { type Bed, agent } from "./bed.fixture.ts";

/** What a skill would do there, and what it says beforehand. */
export async function planned(
  machine: Bed,
  name: string,
  params: Record<string, unknown>,
): Promise<{ labels: string[]; findings: Finding[] }> {
  const skill = agent.skills.find((one) => one.name === name)!;
  const signal = AbortSignal.timeout(30_000);
  const parts = { signal, clock: systemClock, random: seededRandom(1) };
  await using target = await agent.connect(agent.config.parse(machine.config), { mark: "chaos/test", ...parts });
  const context = { run: "test", fault: "f", mark: "chaos/test/f", ...parts };
  const checked = skill.params.parse(params);
  const things = await skill.resolve(target, checked, { ...context, matchesFilters: () => true });
  const findings = (await skill.preflight?.(target, things, checked, context)) ?? [];
  return { labels: things.map(({ label }) => label), findings };
}
