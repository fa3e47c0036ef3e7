import { defineHostSkill } from "../host-skill.ts";
import { serviceParams, servicesAndOthers, stopUnits, stoppedWith, unitState } from "../survey-services.ts";

export const serviceStop = defineHostSkill({
  name: "server.service_stop",
  summary: "Stop running services, named or chosen at random",
  effect: "The service is gone, and with it what needs it: clients are refused, dependents stop too.",
  reversal: "compensated",
  reversalNote: "Every unit that ran before runs again, dependents and sockets included; each has a new process.",
  params: serviceParams,
  example: { max_services: 2 },
  needs: () => [{ systemd: true }],
  undoDeadline: 120_000,

  async resolve(host, params, context) {
    return (await servicesAndOthers(host, params, context)).map(({ unit, all, cost }) => ({
      key: unit,
      label: `stop ${all}`,
      undoLabel: `start ${all}`,
      cost,
      data: { unit },
    }));
  },

  async *changes(host, { unit }, { signal }) {
    yield stopUnits(await stoppedWith(host, unit, signal));
  },

  async witness(host, { unit }, { signal }) {
    const state = await unitState(host, unit, signal);
    return { landed: state === "inactive" || state === "failed", detail: `${unit} is ${state}` };
  },
});
