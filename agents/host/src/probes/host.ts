import {
  type ConnectContext,
  type Measurement,
  type ProbeKind,
  ChaosError,
  describeError,
  systemClock,
} from "@chaos-agents/core";
import { z } from "zod";
import type { HostConfig } from "../config.ts";
import { type SkillHost, hostOf, sh } from "../host-skill.ts";
import { unitName } from "../survey-services.ts";
import { type OpenHost, Servers } from "../target.ts";

interface Question {
  script: string;
  unit: string;
  /** Of several hosts, the answer that is worse. */
  worst: "highest" | "lowest";
  needs?: "path" | "name" | "unit";
}

/** Each answers one number. Processor time is counted between two looks, half a second apart. */
const questions = {
  load_avg_1: { script: 'read -r load _ </proc/loadavg; echo "$load"', unit: "", worst: "highest" },
  cpu_pct: {
    script: `
      look() { read -r _ a b c idle wait d e f _ </proc/stat; all=$((a + b + c + idle + wait + d + e + f)); idle=$((idle + wait)); }
      look; was_all=$all was_idle=$idle
      sleep 0.5 2>/dev/null || sleep 1
      look
      all=$((all - was_all)); [ $all -gt 0 ] || all=1
      echo $(((all - (idle - was_idle)) * 100 / all))`,
    unit: " %",
    worst: "highest",
  },
  mem_used_pct: {
    script: `awk '/^MemTotal:/ { all = $2 } /^MemAvailable:/ { free = $2 } END { printf "%.1f\\n", (all - free) * 100 / all }' /proc/meminfo`,
    unit: " %",
    worst: "highest",
  },
  disk_used_pct: {
    script: `out=$(df -P -B1 -- "$1") || exit; printf '%s\\n' "$out" | awk 'NR == 2 { printf "%.1f\\n", $3 * 100 / ($3 + $4) }'`,
    unit: " %",
    worst: "highest",
    needs: "path",
  },
  disk_free_mb: {
    script: `out=$(df -P -B1 -- "$1") || exit; printf '%s\\n' "$out" | awk 'NR == 2 { printf "%.1f\\n", $4 / 1048576 }'`,
    unit: " MB",
    worst: "lowest",
    needs: "path",
  },
  process_running: {
    script: `
      count=0
      for file in /proc/[0-9]*/comm; do
        { read -r name <"$file"; } 2>/dev/null || continue
        [ "$name" = "$1" ] && count=$((count + 1))
      done
      echo $count`,
    unit: " processes",
    worst: "lowest",
    needs: "name",
  },
  service_active: {
    script: 'if systemctl -q is-active -- "$1"; then echo 1; else echo 0; fi',
    unit: "",
    worst: "lowest",
    needs: "unit",
  },
} as const satisfies Record<string, Question>;
type Metric = keyof typeof questions;
const metrics = Object.keys(questions) as [Metric, ...Metric[]];

const hostProbeParams = z
  .strictObject({
    metric: z.enum(metrics).meta({ description: "What is asked" }),
    path: z
      .string()
      .startsWith("/")
      .default("/")
      .meta({ description: "With the disk metrics: a mount, or a folder on it" }),
    name: z.string().min(1).optional().meta({ description: "With process_running: name of the program" }),
    unit: z.string().min(1).optional().meta({ description: "With service_active: the systemd unit" }),
    host: z.string().min(1).optional().meta({ description: "Which of several hosts; the worst of all when left out" }),
  })
  .refine(({ metric, name }) => metric !== "process_running" || name, {
    path: ["name"],
    error: "process_running needs a name",
  })
  .refine(({ metric, unit }) => metric !== "service_active" || unit, {
    path: ["unit"],
    error: "service_active needs a unit",
  });
type Params = z.output<typeof hostProbeParams>;

const configOf = (targetConfig: unknown): HostConfig | undefined =>
  targetConfig !== null && typeof targetConfig === "object" && "hosts" in targetConfig
    ? (targetConfig as HostConfig)
    : undefined;

/** Asks the servers of the target themselves, over connections of the probe's own. */
export const hostProbe = (open: OpenHost): ProbeKind<Params> => ({
  kind: "host",
  summary: "Ask a server how it is: load, processor, memory, disk, a process, a service",
  params: hostProbeParams,
  example: { metric: "disk_free_mb", path: "/var" },
  unsupported(targetConfig, { host }) {
    const config = configOf(targetConfig);
    if (!config) return "a host probe needs a target that is a server";
    if (host === undefined || chosenHosts(config, host).length > 0) return undefined;
    return `${host} is not among the hosts of its target`;
  },
  async open(params, { signal, targetConfig }) {
    const config = configOf(targetConfig);
    if (!config) {
      throw new ChaosError("invalid-file", "a host probe needs a target that is a server", {
        remedy: "Name a server target with target:",
      });
    }
    const hosts = params.host === undefined ? config.hosts : chosenHosts(config, params.host);
    const context: ConnectContext = { mark: "chaos/probe", signal, clock: systemClock };
    const servers = await Servers.open({ ...config, hosts }, open, context);
    const machines = [...servers.machines.values()].map(hostOf);
    return {
      async measure(signal): Promise<Measurement> {
        try {
          return worstOf(params, await Promise.all(machines.map((host) => ask(host, params, signal))));
        } catch (error) {
          signal.throwIfAborted();
          return { value: null, ok: false, detail: describeError(error) };
        }
      },
      async [Symbol.asyncDispose]() {
        await servers[Symbol.asyncDispose]();
      },
    };
  },
});

const chosenHosts = ({ hosts }: HostConfig, wanted: string) =>
  hosts.filter(({ host, port }) => host === wanted || `${host}:${port}` === wanted);

async function ask(host: SkillHost, { metric, path, name, unit }: Params, signal: AbortSignal) {
  const question: Question = questions[metric];
  const of = { path, name: name?.slice(0, 15), unit: unit === undefined ? undefined : unitName(unit) };
  const script = sh(question.script, ...(question.needs ? [of[question.needs]!] : []));
  const value = Number.parseFloat(await host.look(script, signal));
  if (!Number.isNaN(value)) return { host: host.key, value };
  throw new ChaosError("unsupported", `${host.key} does not tell its ${metric}`);
}

/** Whether a process or service is there is part of the answer; all else is for `expect` to say. */
function worstOf({ metric }: Params, answers: readonly { host: string; value: number }[]): Measurement {
  const { unit, worst }: Question = questions[metric];
  const sorted = answers.toSorted((a, b) => (worst === "highest" ? b.value - a.value : a.value - b.value));
  const { host, value } = sorted[0]!;
  const ok = value > 0 || (metric !== "process_running" && metric !== "service_active");
  return { value, ok, detail: `${metric} is ${value}${unit}${answers.length > 1 ? ` on ${host}` : ""}` };
}
