import type { Finding } from "@chaos-agents/core";
import { z } from "zod";
import { defineHostSkill, sh } from "../host-skill.ts";
import {
  chooseProcesses,
  nameProcesses,
  pairs,
  processParams,
  processWords,
  sayWhich,
  saysWhich,
  signalEach,
} from "../survey-processes.ts";
import { backToRunning } from "../survey-services.ts";

const alive = `${processWords}
  left=0
  while [ $# -gt 1 ]; do
    if [ "$(start_of "$1")" = "$2" ]; then case $(state_of "$1") in [ZX]) ;; *) left=$((left + 1)) ;; esac; fi
    shift 2
  done
  echo "$left"`;

export const processKill = defineHostSkill({
  name: "server.process_kill",
  summary: "End processes by a signal, as a crash would",
  effect: "What the processes were doing is lost, and their clients are cut off, until somebody starts them again.",
  reversal: "recovers-by-itself",
  reversalNote:
    "A systemd service that stays down is started again. A process that belongs to none comes back only where something else starts it again.",
  params: z
    .strictObject({
      ...processParams,
      signal: z
        .enum(["KILL", "TERM", "INT", "HUP", "QUIT", "ABRT", "SEGV"])
        .default("KILL")
        .meta({ description: "What they are sent; KILL leaves them no time for anything" }),
    })
    .refine(saysWhich, sayWhich),
  example: { name: "nginx", count: "50%" },

  async resolve(host, { signal: sent, ...wanted }, context) {
    const chosen = await chooseProcesses(host, wanted, context);
    if (chosen.length === 0) return [];
    const units = [...new Set(chosen.map(({ unit }) => unit).filter(Boolean))];
    const alone = chosen.filter(({ unit }) => unit === "");
    return [
      {
        key: "processes",
        label: `send ${sent} to ${nameProcesses(chosen)}`,
        undoLabel: [
          units.length > 0 ? `start ${units.join(", ")} again where it stays down` : "",
          alone.length > 0 ? `nothing for ${nameProcesses(alone)}: whatever started it has to do so again` : "",
        ]
          .filter(Boolean)
          .join("; "),
        cost: { services: units.length },
        data: { sent, units, processes: chosen.map(({ pid, start, name, unit }) => ({ pid, start, name, unit })) },
      },
    ];
  },

  async preflight(host, things) {
    return things.flatMap(({ processes }): Finding[] => {
      const alone = processes.filter(({ unit }) => unit === "");
      if (alone.length === 0) return [];
      const message = `${host.key}: no service of systemd starts ${nameProcesses(alone)} again`;
      return [{ level: "warning", code: "side-effects", message }];
    });
  },

  *changes(_host, { sent, units, processes }) {
    yield {
      ...backToRunning(units),
      act: sh(signalEach, sent, ...pairs(processes)),
    };
  },

  async witness(host, { sent, processes }, { signal, clock }) {
    for (const until = clock.monotonic() + (sent === "KILL" ? 2_000 : 15_000); ; await clock.sleep(100, signal)) {
      const left = Number(await host.look(sh(alive, ...pairs(processes)), signal));
      if (left === 0) return { landed: true, detail: `${nameProcesses(processes)} ended` };
      if (clock.monotonic() > until)
        return { landed: false, detail: `${left} of ${processes.length} still run after ${sent}` };
    }
  },
});
