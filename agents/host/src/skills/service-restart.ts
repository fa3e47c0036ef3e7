import { type SkillHost, defineHostSkill, sh } from "../host-skill.ts";
import { backToRunning, serviceParams, servicesAndOthers, stoppedWith, unitState } from "../survey-services.ts";

/** systemd gives every start of a unit an id of its own. */
const invocationOf = async (host: SkillHost, unit: string, signal: AbortSignal) =>
  (await host.look(["systemctl", "show", "--property=InvocationID", "--value", "--", unit], signal)).trim();

/** One that does not come up again is what the experiment is there to find. */
const restart = `
  [ "$(systemctl show --property=InvocationID --value -- "$1")" != "$2" ] || systemctl restart -- "$1" || :`;

export const serviceRestart = defineHostSkill({
  name: "server.service_restart",
  summary: "Restart running services, named or chosen at random",
  effect: "Their clients are cut off, and what they held in memory is gone: sessions, caches, work under way.",
  reversal: "recovers-by-itself",
  reversalNote: "The service is up again by itself. Where it or what needs it stays down, it is started once more.",
  params: serviceParams,
  example: { services: ["nginx"] },
  needs: () => [{ systemd: true }],
  undoDeadline: 120_000,

  async resolve(host, params, context) {
    const chosen = await servicesAndOthers(host, params, context);
    const things = chosen.map(async ({ unit, all, cost }) => ({
      key: unit,
      label: `restart ${all}`,
      undoLabel: `start ${all} again where it stays down`,
      cost,
      data: { unit, invocation: await invocationOf(host, unit, context.signal) },
    }));
    return await Promise.all(things);
  },

  async *changes(host, { unit, invocation }, { signal }) {
    yield { ...backToRunning(await stoppedWith(host, unit, signal)), act: sh(restart, unit, invocation) };
  },

  async witness(host, { unit, invocation }, { signal }) {
    const now = await invocationOf(host, unit, signal);
    return {
      landed: now !== invocation,
      detail: `${unit} was ${now === invocation ? "not " : ""}restarted, and is ${await unitState(host, unit, signal)}`,
    };
  },
});
