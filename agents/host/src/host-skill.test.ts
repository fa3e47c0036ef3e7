import { type Clock, type Host, seededRandom, systemClock } from "@chaos-agents/core";
import { expect, test } from "vitest";
import { z } from "zod";
import { hostConfigSchema } from "./config.ts";
import { defineHostSkill } from "./host-skill.ts";
import { Servers } from "./target.ts";

const way = { asBefore: ["false"], isOurs: ["true"], putBack: ["true"] };
const skill = defineHostSkill<object, string>({
  name: "server.of_a_test",
  summary: "",
  effect: "",
  reversal: "exact",
  reversalNote: "",
  params: z.strictObject({}),
  example: {},
  resolve: async () => ["a", "b"].map((key) => ({ key, label: key, undoLabel: key, data: key })),
  *changes(_host, what) {
    yield { ...way, act: ["first", what] };
    yield { ...way, act: ["second", what] };
  },
  witness: async () => ({ landed: true, detail: "" }),
});

test("every change on a host has a name of its own, also of things that are broken in the same millisecond", async () => {
  const { signal } = new AbortController();
  const clock: Clock = { ...systemClock, now: () => 1_795_339_979_000 };
  const exec = async () => ({ code: 0, killedBy: null, stdout: "", stderr: "" });
  const ends = { lost: new Promise(() => {}), [Symbol.asyncDispose]: async () => {} };
  const host = { exec, identity: {}, ...ends } as unknown as Host;
  const config = hostConfigSchema.parse({ hosts: [{ host: "h", username: "u" }], lease: "off" });
  await using servers = await Servers.open(config, async () => host, { mark: "chaos/r", signal, clock });
  const context = { run: "r", fault: "1", mark: "chaos/r/1", signal, clock, random: seededRandom(1) };
  const things = await skill.resolve(servers, {}, { ...context, matchesFilters: () => true });
  const ids: string[] = [];
  const stays = { hold: () => undefined, progress: () => undefined, note: () => undefined };
  for (const thing of things) {
    const steps = skill.inject(servers, thing, { ...context, ...stays });
    for (let step = await steps.next(0); !step.done; step = await steps.next(0)) ids.push(step.value.record.id);
  }
  expect(new Set(ids).size).toBe(4);
  expect(ids.toSorted()).toEqual(ids);
});
