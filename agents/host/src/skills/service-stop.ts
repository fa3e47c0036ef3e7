import { z } from "zod";
import { defineHostSkill, sh } from "../host-skill.ts";
import { allActive, chooseServices, stoppedWith } from "../survey-services.ts";

/** A socket cannot start beside its running service: sockets and timers first, and their services again where need be. */
const start = `
  for unit; do case $unit in *.service) ;; *)
    systemctl start -- "$unit" 2>/dev/null && continue
    systemctl stop -- "\${unit%.*}.service" && systemctl start -- "$unit" || exit
  esac; done
  systemctl start -- "$@"`;

export const serviceStop = defineHostSkill({
  name: "server.service_stop",
  summary: "Stop running services, named or chosen at random",
  effect: "The service is gone, and with it what needs it: clients are refused, dependents stop too.",
  reversal: "compensated",
  reversalNote: "Every unit that ran before runs again, dependents and sockets included; each has a new process.",
  params: z.strictObject({
    max_services: z.int().min(1).default(1).meta({ description: "How many to stop at most" }),
    services: z
      .array(z.string().min(1))
      .default([])
      .meta({ description: "Which ones; chosen among the discovered ones when left out" }),
  }),
  example: { max_services: 2 },
  needs: () => [{ systemd: true }],
  undoDeadline: 120_000,

  async resolve(host, { max_services, services }, context) {
    const chosen = await chooseServices(host, { services, limit: max_services }, context);
    const things = chosen.map(async (unit) => {
      const others = (await stoppedWith(host, unit, context.signal)).filter((one) => one !== unit);
      const along = others.length > 0 ? ` and with it ${others.join(", ")}` : "";
      return {
        key: unit,
        label: `stop ${unit}${along}`,
        undoLabel: `start ${unit}${along}`,
        cost: { services: 1 + others.length },
        data: { unit },
      };
    });
    return await Promise.all(things);
  },

  async *changes(host, { unit }, { signal }) {
    const units = await stoppedWith(host, unit, signal);
    yield {
      asBefore: allActive(units),
      isOurs: ["true"],
      putBack: sh(start, ...units),
      act: ["systemctl", "stop", "--", ...units],
    };
  },

  async witness(host, { unit }, { signal }) {
    const state = (
      await host.look(["systemctl", "show", "--property=ActiveState", "--value", "--", unit], signal)
    ).trim();
    return { landed: state === "inactive" || state === "failed", detail: `${unit} is ${state}` };
  },
});
