import { z } from "zod";
import { type SkillHost, defineHostSkill, sh } from "../host-skill.ts";
import {
  type Process,
  chooseProcesses,
  nameProcesses,
  pairs,
  processParams,
  processWords,
  sayWhich,
  saysWhich,
} from "../survey-processes.ts";

/** Number, soft and hard limit and open files of each that is still the same; then the soft limits of all processes. */
const limits = `${processWords}
  while [ $# -gt 1 ]; do
    if [ "$(start_of "$1")" = "$2" ]; then
      echo "$1" $(awk '/^Max open files/ { print $4, $5 }' "/proc/$1/limits") $(ls "/proc/$1/fd")
    fi
    shift 2
  done
  echo taken $(grep -hs '^Max open files' /proc/[0-9]*/limits | awk '{ print $4 }' | sort -u)`;

const lower = `${processWords}
  before=$1 ours=$2 hit=; shift 2
  while [ $# -gt 1 ]; do
    now=$(awk '/^Max open files/ { print $4 }' "/proc/$1/limits" 2>/dev/null)
    if [ "$(start_of "$1")" = "$2" ]; then
      if [ "$now" = "$ours" ]; then hit=yes
      elif [ "$now" = "$before" ] && prlimit --pid "$1" "--nofile=$ours:"; then hit=yes
      fi
    fi
    shift 2
  done
  [ "$hit" ] || { echo 'the processes are gone, or somebody else has changed their limits' >&2; exit 1; }`;

/** No process had our limit before: whoever has it is the one, or has it from it. */
const nobodyHas = '! grep -qsE "^Max open files +$1 +$2 " /proc/[0-9]*/limits';
const raise = `
  for file in $(grep -lsE "^Max open files +$1 +$2 " /proc/[0-9]*/limits); do
    pid=\${file%/limits}
    prlimit --pid "\${pid#/proc/}" "--nofile=$3:"
  done`;

export const fdExhaust = defineHostSkill({
  name: "server.fd_exhaust",
  summary: "Leave processes no more open files, as a leak of descriptors would",
  effect:
    "They can open no file and accept no connection (`Too many open files`). What is open stays open; others feel nothing.",
  reversal: "exact",
  reversalNote: "The processes, and those they started since, get the limit back that they had.",
  params: z
    .strictObject({
      ...processParams,
      spare: z.int().min(0).default(0).meta({ description: "How many more files each of them may open" }),
    })
    .refine(saysWhich, sayWhich),
  example: { service: "nginx", count: "all" },
  needs: () => [{ command: "prlimit" }],

  async resolve(host, { spare, ...wanted }, context) {
    const chosen = await chooseProcesses(host, wanted, context);
    if (chosen.length === 0) return [];
    return [
      {
        key: "processes",
        label: `let ${nameProcesses(chosen)} open ${spare === 0 ? "no more files" : `${spare} more files at most`}`,
        undoLabel: `give ${nameProcesses(chosen)} the limit of open files back`,
        cost: { services: new Set(chosen.map(({ unit }) => unit).filter(Boolean)).size },
        data: { spare, processes: chosen.map(({ pid, start, name }) => ({ pid, start, name })) },
      },
    ];
  },

  async *changes(host, { spare, processes }, { signal }) {
    const { found, taken } = await look(host, processes, signal);
    const alike = Map.groupBy(found, ({ soft, hard, open }) => `${limitFor(open, spare)} ${soft} ${hard}`);
    for (const [wanted, same] of alike) {
      const { soft, hard } = same[0]!;
      let ours = Number.parseInt(wanted, 10);
      while (taken.has(`${ours}`)) ours++;
      // it may open no more as it is
      if (ours >= Number(soft)) continue;
      taken.add(`${ours}`);
      yield {
        asBefore: sh(nobodyHas, ours, hard),
        isOurs: ["true"],
        putBack: sh(raise, ours, hard, soft),
        act: sh(lower, soft, ours, ...pairs(same)),
      };
    }
  },

  async witness(host, { processes }, { signal, run }, records) {
    const lease = host.machine.lease(run);
    const free = await Promise.all(records.map((record) => lease.isAsBefore(record, signal)));
    const { found } = await look(host, processes, signal);
    const seen = found
      .slice(0, 4)
      .map(({ pid, name, soft, open }) => `${name} ${pid} has ${open.length} files open of ${soft}`);
    return { landed: free.length > 0 && !free.includes(true), detail: seen.join("; ") || "the processes are gone" };
  },
});

/**
 * The limit is on the number that the next file would get. Where one low number is free in a busy process, it stays so: a
 * limit below what a process polls is an error of another kind.
 */
function limitFor(open: readonly number[], spare: number): number {
  const used = new Set(open);
  let lowest = 0;
  while (used.has(lowest)) lowest++;
  return (lowest * 2 >= used.size ? lowest : used.size) + spare;
}

async function look(
  host: SkillHost,
  processes: readonly Pick<Process, "pid" | "start" | "name">[],
  signal: AbortSignal,
) {
  const lines = (await host.look(sh(limits, ...pairs(processes)), signal)).trim().split("\n");
  const [, ...taken] = lines.pop()!.split(" ");
  const found = lines.map((line) => {
    const [pid, soft, hard, ...open] = line.split(" ") as [string, string, string, ...string[]];
    return { ...processes.find((one) => one.pid === Number(pid))!, soft, hard, open: open.map(Number) };
  });
  return { found, taken: new Set(taken) };
}
