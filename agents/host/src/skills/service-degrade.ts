import { ChaosError } from "@chaos-agents/core";
import { z } from "zod";
import { type SkillHost, defineHostSkill, sh } from "../host-skill.ts";
import { formatSize, parseSize, percentSchema, sizeSchema } from "../size.ts";
import { chooseServices, serviceParams } from "../survey-services.ts";

/** Where systemd writes what `set-property --runtime` was told, by the unit's name. */
const dropIns = "/run/systemd/system.control";

interface Limit {
  /** As it is set: `CPUQuota`. */
  name: string;
  /** As it is shown: `CPUQuotaPerSecUSec`. */
  shown: string;
  /** What we set it to, and how that is shown. */
  value: string;
  reads: string;
}

/** A line each, however many there are of one. */
const shownNow = `
  unit=$1; shift
  for name; do printf '%s\\n' "$(systemctl show --property="$name" --value -- "$unit" | tr '\\n' ' ')"; done`;

/** Every value is as given, by pairs; and what was in the drop-in of each, by name, whether it was there, and content. */
const isAsGiven = `
  unit=$1 folder=$2/$1.d; shift 2
  while [ "$1" != -- ]; do
    [ "$(systemctl show --property="$1" --value -- "$unit")" = "$2" ] || exit 1
    shift 2
  done
  shift
  while [ $# -gt 2 ]; do
    file=$folder/50-$1.conf
    if [ "$2" = there ]; then [ "$(cat "$file"; echo .)" = "$3." ] || exit 1; else [ ! -e "$file" ] || exit 1; fi
    shift 3
  done`;

/** The living cgroup first; then the files, so that the next reload reads what was there before. */
const restore = `
  unit=$1 folder=$2/$1.d; shift 2
  count=$1; shift
  settings=$count
  for one; do [ "$settings" -gt 0 ] || break; settings=$((settings - 1)); systemctl set-property --runtime -- "$unit" "$one" || exit; done
  shift "$count"
  while [ $# -gt 2 ]; do
    file=$folder/50-$1.conf
    if [ "$2" = there ]; then printf %s "$3" >"$file"; else rm -f -- "$file"; fi
    shift 3
  done
  rmdir -- "$folder" 2>/dev/null
  rmdir -- "\${folder%/*}" 2>/dev/null
  systemctl daemon-reload`;

const readDropIns = `
  folder=$1/$2.d; shift 2
  for name; do
    if [ -e "$folder/50-$name.conf" ]; then printf 'there%s\\0' "$(cat "$folder/50-$name.conf"; echo .)"; else printf 'gone.\\0'; fi
  done`;

export const serviceDegrade = defineHostSkill({
  name: "server.service_degrade",
  summary: "Give running services little processor time, memory or disk, without stopping them",
  effect: "The service still answers, but slowly; with too little memory the kernel may end some of its processes.",
  reversal: "exact",
  reversalNote:
    "Every limit is what it was, in systemd and in the drop-ins it reads. Work that failed for the limits has failed.",
  params: serviceParams
    .extend({
      cpu: percentSchema.optional().meta({ description: "How much of one processor it may use" }),
      memory: sizeSchema
        .optional()
        .meta({ description: "How much memory it may use; what is over is swapped or ended" }),
      io: sizeSchema
        .optional()
        .meta({ description: "How much it may read, and write, in a second on the disk of target_mount" }),
      target_mount: z
        .string()
        .regex(/^\/[^\s"'\\]*$/, "a mount is an absolute path, here without spaces and quotes")
        .default("/")
        .meta({ description: "With io: a mount of the disk that is meant, or any folder on it" }),
    })
    .refine(
      ({ cpu, memory, io }) => Boolean(cpu ?? memory ?? io),
      "say what there is to be little of: cpu, memory or io",
    ),
  example: { services: ["nginx"], cpu: "10%" },
  needs: () => [{ systemd: true }],

  async resolve(host, { max_services, services, ...little }, context) {
    const limits = limitsOf(little);
    const chosen = await chooseServices(host, { services, limit: max_services }, context);
    const say = [
      little.cpu && `${little.cpu} of one processor`,
      little.memory && `${formatSize(parseSize(little.memory)!)} of memory`,
      little.io && `${formatSize(parseSize(little.io)!)} a second of the disk of ${little.target_mount}`,
    ].filter(Boolean);
    return chosen.map((unit) => ({
      key: unit,
      label: `leave ${unit} ${say.join(" and ")}`,
      undoLabel: `give ${unit} its limits back`,
      cost: { services: 1 },
      data: { unit, limits },
    }));
  },

  async preflight(host, things, { io }, signal) {
    const { cgroup } = (await host.machine.host(signal)).survey;
    if (io === undefined || cgroup === 2) return [];
    const message = `${host.key}: limits of io need the unified cgroup hierarchy, and it has the old one`;
    return things.map(() => ({ level: "error", code: "unsupported", message, remedy: "Limit cpu or memory" }) as const);
  },

  async *changes(host, { unit, limits }, { signal }) {
    const names = limits.map(({ name }) => name);
    const before = await valuesOf(host, unit, limits, signal);
    const limited = limits.find(({ name }, i) => name.startsWith("IO") && before[i] !== "");
    if (limited) {
      throw new ChaosError(
        "unsupported",
        `${host.key}: ${unit} has ${limited.name} already: it could not be put back`,
        {
          remedy: "Limit cpu or memory, or choose another service",
        },
      );
    }
    const files = (await host.look(sh(readDropIns, dropIns, unit, ...names), signal)).split("\0").slice(0, -1);
    const kept = names.flatMap((name, i) => {
      const file = files[i]!.slice(0, -1);
      return file.startsWith("there") ? [name, "there", file.slice(5)] : [name, "gone", ""];
    });
    const shown = limits.map(({ shown }) => shown);
    const assignments = limits.map(({ name }, i) => `${name}=${assignable(name, before[i]!)}`);
    yield {
      asBefore: sh(isAsGiven, unit, dropIns, ...shown.flatMap((name, i) => [name, before[i]!]), "--", ...kept),
      isOurs: sh(isAsGiven, unit, dropIns, ...limits.flatMap(({ shown, reads }) => [shown, reads]), "--"),
      putBack: sh(restore, unit, dropIns, assignments.length, ...assignments, ...kept),
      act: [
        "systemctl",
        "set-property",
        "--runtime",
        "--",
        unit,
        ...limits.map(({ name, value }) => `${name}=${value}`),
      ],
    };
  },

  async witness(host, { unit, limits }, { signal }) {
    const now = await valuesOf(host, unit, limits, signal);
    const detail = limits.map(({ shown }, i) => `${shown}=${now[i]}`).join(", ");
    return { landed: limits.every(({ reads }, i) => now[i] === reads), detail: `${unit} has ${detail}` };
  },
});

function limitsOf({
  cpu,
  memory,
  io,
  target_mount,
}: {
  cpu?: string | undefined;
  memory?: string | undefined;
  io?: string | undefined;
  target_mount: string;
}): Limit[] {
  const limits: Limit[] = [];
  if (cpu !== undefined) {
    const percent = Number.parseInt(cpu, 10);
    const reads = percent === 100 ? "1s" : `${percent * 10}ms`;
    limits.push({ name: "CPUQuota", shown: "CPUQuotaPerSecUSec", value: cpu, reads });
  }
  if (memory !== undefined) {
    const bytes = `${parseSize(memory)!}`;
    limits.push({ name: "MemoryMax", shown: "MemoryMax", value: bytes, reads: bytes });
  }
  if (io !== undefined) {
    const value = `${target_mount} ${parseSize(io)!}`;
    for (const name of ["IOReadBandwidthMax", "IOWriteBandwidthMax"]) {
      limits.push({ name, shown: name, value, reads: value });
    }
  }
  return limits;
}

async function valuesOf(host: SkillHost, unit: string, limits: readonly Limit[], signal: AbortSignal) {
  const lines = (await host.look(sh(shownNow, unit, ...limits.map(({ shown }) => shown)), signal)).split("\n");
  return limits.map((_, i) => lines[i]!.trim());
}

/** What is shown is not always what can be set. */
function assignable(name: string, shown: string): string {
  if (name !== "CPUQuota") return shown;
  if (shown === "infinity") return "";
  const unit: Record<string, number> = { us: 1e-6, ms: 1e-3, s: 1, min: 60 };
  const seconds = [...shown.matchAll(/([\d.]+)(us|ms|s|min)/g)].reduce(
    (sum, [, n, u]) => sum + Number(n) * unit[u!]!,
    0,
  );
  return `${Number((seconds * 100).toFixed(2))}%`;
}
