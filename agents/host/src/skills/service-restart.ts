import { z } from "zod";
import { type SkillHost, defineHostSkill, sh } from "../host-skill.ts";
import { allActive, chooseServices, stoppedWith } from "../survey-services.ts";

/** systemd gives every start of a unit an id of its own. */
const invocationOf = async (host: SkillHost, unit: string, signal: AbortSignal) =>
  (await host.look(["systemctl", "show", "--property=InvocationID", "--value", "--", unit], signal)).trim();

export const serviceRestart = defineHostSkill({
  name: "server.service_restart",
  summary: "Restart running services, named or chosen at random",
  effect: "Their clients are cut off, and what they held in memory is gone: sessions, caches, work under way.",
  reversal: "recovers-by-itself",
  reversalNote: "The service is up again by itself. Where it or what needs it stays down, it is started once more.",
  params: z.strictObject({
    max_services: z.int().min(1).default(1).meta({ description: "How many to restart at most" }),
    services: z
      .array(z.string().min(1))
      .default([])
      .meta({ description: "Which ones; chosen among the discovered ones when left out" }),
  }),
  example: { services: ["nginx"] },
  needs: () => [{ systemd: true }],
  undoDeadline: 120_000,

  async resolve(host, { max_services, services }, context) {
    const chosen = await chooseServices(host, { services, limit: max_services }, context);
    const things = chosen.map(async (unit) => {
      const others = (await stoppedWith(host, unit, context.signal)).filter((one) => one !== unit);
      const along = others.length > 0 ? ` and with it ${others.join(", ")}` : "";
      return {
        key: unit,
        label: `restart ${unit}${along}`,
        undoLabel: `start ${unit}${along} again where it stays down`,
        cost: { services: 1 + others.length },
        data: { unit, invocation: await invocationOf(host, unit, context.signal) },
      };
    });
    return await Promise.all(things);
  },

  async *changes(host, { unit, invocation }, { signal }) {
    const units = await stoppedWith(host, unit, signal);
    yield {
      asBefore: allActive(units),
      isOurs: ["true"],
      putBack: ["systemctl", "start", "--", ...units],
      // one that does not come up again is what the experiment is there to find
      act: sh(
        `[ "$(systemctl show --property=InvocationID --value -- "$1")" != "$2" ] || systemctl restart -- "$1" || :`,
        unit,
        invocation,
      ),
    };
  },

  async witness(host, { unit, invocation }, { signal }) {
    const now = await invocationOf(host, unit, signal);
    const state = (
      await host.look(["systemctl", "show", "--property=ActiveState", "--value", "--", unit], signal)
    ).trim();
    return {
      landed: now !== invocation,
      detail: `${unit} was ${now === invocation ? "not " : ""}restarted, and is ${state}`,
    };
  },
});
