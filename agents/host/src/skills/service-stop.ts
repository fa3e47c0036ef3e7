import { durationSchema } from "@chaos-agents/core";
import { defineHostSkill } from "../host-skill.ts";
import { serviceParams, servicesAndOthers, stopUnits, stoppedWith, unitState } from "../survey-services.ts";

export const serviceStop = defineHostSkill({
  name: "server.service_stop",
  summary: "Stop running services, named or chosen at random",
  effect: "The service is gone, and with it what needs it: clients are refused, dependents stop too.",
  reversal: "compensated",
  reversalNote:
    "Every unit that ran before runs again, dependents and sockets included; each has a new process. One that does not stop is killed first.",
  params: serviceParams.extend({
    patience: durationSchema
      .refine((ms) => ms >= 1_000 && ms <= 90_000, "write 1s to 90s")
      .prefault("60s")
      .meta({ description: "How long they may take to stop; after that it has not landed, and they are killed" }),
  }),
  example: { max_services: 2 },
  needs: () => [{ systemd: true }],
  undoDeadline: 120_000,

  async resolve(host, params, context) {
    return (await servicesAndOthers(host, params, context)).map(({ unit, all, cost }) => ({
      key: unit,
      label: `stop ${all}`,
      undoLabel: `start ${all}`,
      cost,
      data: { unit, seconds: Math.ceil(params.patience / 1_000) },
    }));
  },

  async *changes(host, { unit, seconds }, { signal }) {
    yield stopUnits(await stoppedWith(host, unit, signal), seconds);
  },

  async witness(host, { unit }, { signal }) {
    const state = await unitState(host, unit, signal);
    return { landed: state === "inactive" || state === "failed", detail: `${unit} is ${state}` };
  },
});
