import { ChaosError } from "@chaos-agents/core";
import { z } from "zod";
import { type SkillHost, defineHostSkill, isUnreachable, sh } from "../host-skill.ts";
import { isProtected, runningServices } from "../survey-services.ts";

/** How long a machine may take from its last word to its first. */
const longest = 15 * 60_000;

/**
 * Answers before it happens, so that we know that it will. Until then it carries our mark, and the fence can end it. A hard
 * one is what a power cut would be: nothing is told to stop, nothing is written out.
 */
const soon = `
  [ "$(cat /proc/sys/kernel/random/boot_id)" = "$1" ] || exit 0
  if [ "$2" = hard ]; then how='echo b >/proc/sysrq-trigger'; else how='systemctl reboot || reboot'; fi
  setsid sh -c "sleep 1; $how" 9>&- </dev/null >/dev/null 2>&1 &`;

const goingDown = '[ "$(systemctl is-system-running 2>/dev/null)" = stopping ]';
const isBack = `
  if ${goingDown}; then exit 1; fi
  for unit; do systemctl -q is-active -- "$unit" || exit 1; done`;
/** A host on its way down ends this with us. */
const bringBack = `
  while ${goingDown}; do sleep 1; done
  systemctl start -- "$@"`;

export const reboot = defineHostSkill({
  name: "server.reboot",
  summary: "Restart the machine, in order or as by a power cut",
  effect: "Everything on the host is gone for as long as it takes to start; what is not started at boot stays away.",
  reversal: "recovers-by-itself",
  reversalNote:
    "We wait until the host answers again, and start what ran before and does not now. What was only in memory is lost; with mode hard also what was not written out.",
  params: z.strictObject({
    mode: z
      .enum(["graceful", "hard"])
      .default("graceful")
      .meta({ description: "graceful: services are stopped first; hard: at once, as by a power cut" }),
  }),
  example: { mode: "graceful" },
  needs: () => [{ isolated: "kernel" }, { systemd: true }],
  undoDeadline: longest,
  away: longest,

  async resolve(host, { mode }, { signal }) {
    const { identity, survey } = await host.machine.host(signal);
    const units = survey.systemd ? await lastingServices(host, signal) : [];
    return [
      {
        key: "machine",
        label: `${mode === "hard" ? "cut the power of" : "reboot"} ${host.key}, with ${units.length} services running`,
        undoLabel: `wait until ${host.key} is back, and start what does not run again`,
        cost: { services: units.length },
        data: { mode, boot: identity.boot, units },
      },
    ];
  },

  *changes(_host, { mode, boot, units }) {
    yield {
      asBefore: sh(isBack, ...units),
      isOurs: ["true"],
      putBack: sh(bringBack, ...units),
      act: sh(soon, boot, mode),
    };
  },

  async witness(host, { boot }, { signal, clock }) {
    for (const until = clock.monotonic() + 25_000; ; await clock.sleep(250, signal)) {
      try {
        const script = `cat /proc/sys/kernel/random/boot_id; if ${goingDown}; then echo stopping; fi`;
        // a machine that was cut off says nothing, not even that it is gone
        const patience = AbortSignal.any([signal, AbortSignal.timeout(8_000)]);
        const [now, stopping] = (await host.look(sh(script), patience)).split("\n");
        if (now !== boot) return { landed: true, detail: `${host.key} has started anew` };
        if (stopping) return { landed: true, detail: `${host.key} is shutting down` };
      } catch (error) {
        signal.throwIfAborted();
        if (isUnreachable(error) || !(error instanceof ChaosError)) {
          return { landed: true, detail: `${host.key} does not answer any more` };
        }
        throw error;
      }
      if (clock.monotonic() > until) return { landed: false, detail: `${host.key} has not gone down` };
    }
  },
});

/** What runs, and would be missed: not what belongs to sessions, is started on demand, or was made on the fly. */
async function lastingServices(host: SkillHost, signal: AbortSignal): Promise<string[]> {
  const running = (await runningServices(host, signal)).map(({ unit }) => unit).filter((unit) => !isProtected(unit));
  if (running.length === 0) return [];
  const shown = await host.look(["systemctl", "show", "--property=Id,Type,UnitFileState", "--", ...running], signal);
  return shown.split("\n\n").flatMap((block) => {
    const facts = new Map(block.split("\n").map((line) => line.split("=", 2) as [string, string]));
    const state = facts.get("UnitFileState");
    const onDemand = state === "transient" || state === "" || (state === "static" && facts.get("Type") === "dbus");
    return onDemand ? [] : [facts.get("Id")!];
  });
}
