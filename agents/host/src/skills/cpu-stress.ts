import { z } from "zod";
import { defineHostSkill, sh } from "../host-skill.ts";
import { percentSchema } from "../size.ts";
import { spawned } from "../spawned.ts";

/** Busy for its share of every tenth of a second, as the host's uptime counts it. */
const busyLoop = `
  share=$1
  while :; do
    if [ "$share" -lt 10 ]; then sleep "0.0$((10 - share))" || exit; fi
    read -r up idle </proc/uptime; from=\${up%.*}\${up#*.}
    now=$from
    while [ $((now - from)) -lt "$share" ]; do read -r up idle </proc/uptime; now=\${up%.*}\${up#*.}; done
  done`;
const loops = `count=$1; shift; while [ "$count" -gt 0 ]; do sh -c "$@" & count=$((count - 1)); done; wait`;

export const cpuStress = defineHostSkill({
  name: "server.cpu_stress",
  summary: "Keep processors busy",
  effect: "Everything on the host waits longer for a processor.",
  reversal: "exact",
  reversalNote: "The processes that keep it busy are ended.",
  params: z.strictObject({
    workers: z
      .int()
      .min(1)
      .max(4_096)
      .optional()
      .meta({ description: "How many processors to keep busy; all when left out with load, else 1" }),
    load: percentSchema.default("100%").meta({ description: "How busy each of them is kept" }),
  }),
  example: { workers: 4 },

  async resolve(host, { workers, load }, { signal }) {
    const { survey } = await host.machine.host(signal);
    const count = workers ?? (load === "100%" ? 1 : survey.cpus);
    const tool = survey.commands.has("stress-ng") ? "stress-ng" : "a loop of our own";
    return [
      {
        key: "processors",
        label: `keep ${count} of ${survey.cpus} processors ${load} busy by ${tool}`,
        undoLabel: "end the processes that keep processors busy",
        data: { count, load: Number.parseInt(load, 10), ng: survey.commands.has("stress-ng") },
      },
    ];
  },

  *changes(_host, { count, load, ng }, { mark }) {
    const portable = sh(loops, count, busyLoop, "chaos", Math.max(1, Math.round(load / 10)));
    yield spawned(mark, ng ? ["stress-ng", "--cpu", `${count}`, "--cpu-load", `${load}`] : portable);
  },

  async witness(host, { count, load }, { mark, signal, clock }) {
    const ticks = async () => (await host.used(mark, signal)).ticks / 100;
    const [before, at] = [await ticks(), clock.monotonic()];
    await clock.sleep(1_000, signal);
    const [after, until] = [await ticks(), clock.monotonic()];
    const used = ((after - before) * 1_000) / (until - at);
    const { cpus } = (await host.machine.host(signal)).survey;
    const wanted = (Math.min(count, cpus) * load) / 100;
    // a host that is busy already gives us less
    return { landed: used >= wanted / 20, detail: `our processes use ${used.toFixed(2)} of ${cpus} processors` };
  },
});
