import type { Finding } from "@chaos-agents/core";
import { z } from "zod";
import { type SkillHost, defineHostSkill, sh } from "../host-skill.ts";
import { formatSize, parsePercent, parseSize, percentSchema, sizeSchema } from "../size.ts";
import { spawned } from "../spawned.ts";

/** tail keeps all of a line that never ends, and nobody reads what it would say. */
const hold = `
  count=$1 bytes=$2
  while [ "$count" -gt 0 ]; do head -c "$bytes" /dev/zero | tail -n 1 | sleep 2147483647 & count=$((count - 1)); done
  wait`;
/** One more piece every second until there are enough. */
const grow = `
  count=$1 bytes=$2
  while [ "$count" -gt 0 ]; do
    head -c "$bytes" /dev/zero | tail -n 1 | sleep 2147483647 &
    count=$((count - 1))
    sleep 1
  done
  wait`;

export const memoryStress = defineHostSkill({
  name: "server.memory_stress",
  summary: "Hold memory, so that others run short",
  effect: "Caches shrink, processes swap, and where nothing is left the kernel ends some; ours are the first to go.",
  reversal: "exact",
  reversalNote: "The processes that hold the memory are ended.",
  params: z.strictObject({
    memory: sizeSchema.default("256M").meta({ description: "How much each worker holds, from the start" }),
    workers: z.int().min(1).max(4_096).default(1).meta({ description: "How many at once" }),
    rate: sizeSchema.optional().meta({ description: "Instead of memory: how much more is held every second" }),
    ceiling: z
      .union([percentSchema, sizeSchema], {
        error: "write a size like 2GB, or a share of all memory like 80%",
      })
      .default("80%")
      .meta({ description: "With rate: where it stops" }),
  }),
  example: { memory: "512M", workers: 2 },

  async resolve(host, { memory, workers, rate, ceiling }, { signal }) {
    const { survey } = await host.machine.host(signal);
    const total = survey.memoryBytes;
    const available = await freeMemory(host, signal);
    const share = parsePercent(ceiling);
    const most = share === undefined ? parseSize(ceiling)! : (total * share) / 100 - (total - available);
    const bytes = rate ? Math.max(0, most) : parseSize(memory)! * workers;
    const ng = !rate && survey.commands.has("stress-ng");
    const how = rate
      ? `, ${formatSize(parseSize(rate)!)} more every second`
      : ng
        ? " by stress-ng"
        : " by pipes of our own";
    return [
      {
        key: "memory",
        label: `hold ${formatSize(bytes)} of ${formatSize(total)} memory${how}`,
        undoLabel: "end the processes that hold memory",
        cost: { percent: Math.min(100, Math.round((bytes / total) * 100)) },
        data: {
          bytes,
          each: parseSize(rate ?? memory)!,
          count: rate ? Math.floor(bytes / parseSize(rate)!) : workers,
          ng,
          slow: rate !== undefined,
        },
      },
    ];
  },

  async preflight(host, things, _params, signal) {
    const available = await freeMemory(host, signal);
    return things.flatMap(({ bytes, count }): Finding[] => {
      if (count < 1) {
        return [{ level: "error", code: "no-effect", message: `${host.key}: that much memory is in use already` }];
      }
      if (bytes <= available) return [];
      const message = `${host.key}: ${formatSize(bytes)} is more than the ${formatSize(available)} that are free: the kernel will end processes`;
      return [{ level: "warning", code: "note", message }];
    });
  },

  *changes(_host, { each, count, ng, slow }, { mark }) {
    const stress = [
      "stress-ng",
      "--vm",
      `${count}`,
      "--vm-bytes",
      `${each}`,
      "--vm-keep",
      "--vm-populate",
      "--oomable",
    ];
    yield spawned(mark, ng ? stress : sh(slow ? grow : hold, count, each));
  },

  async witness(host, { each, slow, bytes }, { mark, signal, clock }) {
    const wanted = slow ? Math.min(each, bytes) : bytes;
    for (const until = clock.monotonic() + 20_000; ; await clock.sleep(250, signal)) {
      const { bytes: held, processes } = await host.used(mark, signal);
      const detail = `our processes hold ${formatSize(held)}`;
      if (held >= wanted * 0.8) return { landed: true, detail };
      if (processes === 0 || clock.monotonic() > until) return { landed: false, detail };
    }
  },
});

const freeMemory = async (host: SkillHost, signal: AbortSignal) =>
  Number(await host.look(["awk", "/^MemAvailable:/ { print $2 * 1024 }", "/proc/meminfo"], signal));
