import { type ResolveContext, ChaosError } from "@chaos-agents/core";
import { z } from "zod";
import { type SkillHost, sh } from "./host-skill.ts";
import { percentSchema } from "./size.ts";
import { isProtected, unitName } from "./survey-services.ts";
import type { Servers } from "./target.ts";

/** One process in one of its lives: a number is given anew, but not with the same start. */
export interface Process {
  pid: number;
  /** Clock ticks after boot. */
  start: string;
  parent: number;
  session: number;
  state: string;
  kernel: boolean;
  uid: string;
  /** The systemd service it belongs to; empty for none. */
  unit: string;
  /** Ours, or of what we started. */
  marked: boolean;
  name: string;
  command: string;
}

/** How skills of processes choose: at least one of the first four has to be said. */
export const processParams = {
  name: z.string().min(1).optional().meta({ description: "Name of the program: nginx" }),
  command: z
    .string()
    .min(1)
    .refine((text) => isPattern(text), "it is no regular expression")
    .optional()
    .meta({ description: "Regular expression that the whole command line has to match somewhere" }),
  user: z.string().min(1).optional().meta({ description: "Whose processes: a name or a number" }),
  service: z.string().min(1).optional().meta({ description: "Processes of this systemd service" }),
  count: z
    .union([z.literal("all"), z.int().min(1), percentSchema], {
      error: 'write a number, a share like 50%, or "all"',
    })
    .default(1)
    .meta({ description: "How many of those that match, chosen at random: a number, a share like 50%, or all" }),
};
const selection = z.object(processParams);
export type ProcessSelection = z.output<typeof selection>;

/** An empty choice would be everything there is. */
export const saysWhich = ({ name, command, user, service }: ProcessSelection): boolean =>
  [name, command, user, service].some((one) => one !== undefined);
export const sayWhich = "say which processes: name, command, user or service";

function isPattern(text: string): boolean {
  try {
    return Boolean(new RegExp(text));
  } catch {
    return false;
  }
}

const list = `
  export LC_ALL=C
  marked=" $(echo $(grep -ls -e CHAOS_MARK=chaos/ -e CHAOS_FAULT=chaos/ /proc/[0-9]*/environ)) "
  case $1 in *[!0-9]*) wanted=$(id -u -- "$1" 2>/dev/null) || wanted=none ;; *) wanted=$1 ;; esac
  printf '%s\\t%s\\n' "$$" "$wanted"
  cd /proc && for pid in [0-9]*; do
    set -f
    { read -r stat <"$pid/stat"; } 2>/dev/null || continue
    name=\${stat#*(} uid= unit= mark=
    set -- \${stat##*) }
    { while read -r key real _; do case $key in Uid:) uid=$real; break ;; esac; done <"$pid/status"; } 2>/dev/null
    { while read -r line; do case $line in *.service*) unit=$line ;; esac; done <"$pid/cgroup"; } 2>/dev/null
    case $marked in *" /proc/$pid/environ "*) mark=yes ;; esac
    command=$(tr '\\0\\n\\t' '   ' <"$pid/cmdline") 2>/dev/null
    printf '%s\\t' "$pid" "\${20}" "$2" "$4" "$1" "$7" "$uid" "$unit" "$mark" "\${name%)*}"
    printf '%s\\n' "$command"
  done`;

/** All processes of a host as the look itself found them, and the number of a user, `none` where there is no such one. */
export async function listProcesses(
  host: SkillHost,
  signal: AbortSignal,
  user = "0",
): Promise<{ all: Process[]; self: number; uid: string }> {
  const [head, ...lines] = (await host.look(sh(list, user), signal)).split("\n").filter(Boolean);
  const [self, uid] = head!.split("\t");
  const all = lines.map((line): Process => {
    const [pid, start, parent, session, state, flags, owner, cgroup, mark, name, ...command] = line.split("\t");
    return {
      pid: Number(pid),
      start: start!,
      parent: Number(parent),
      session: Number(session),
      state: state!,
      // PF_KTHREAD
      kernel: (Number(flags) & 0x20_0000) !== 0,
      uid: owner!,
      unit: /^.*\/([^/]+\.service)/.exec(cgroup!)?.[1] ?? "",
      marked: mark !== "",
      name: name!,
      command: command.join(" ").trim(),
    };
  });
  return { all, self: Number(self), uid: uid! };
}

/** What a host cannot do without, by name, where there is no systemd to tell. */
const protectedNames =
  /^(?:sshd.*|dropbear|systemd.*|\(sd-pam\)|init|dbus-daemon|dbus-broker.*|NetworkManager|networkd.*|wpa_supplicant|dhclient|dhcpcd|connmand|polkitd|sudo|login|agetty|getty|qemu-ga|cloud-init)$/;

/** Never touched, whoever asks: the kernel's, the first one, ours, what leads to us, and what keeps the host reachable. */
export function unprotected({ all, self }: { all: readonly Process[]; self: number }): Process[] {
  const byPid = new Map(all.map((one) => [one.pid, one]));
  const ways = new Set<number>();
  for (let at = byPid.get(self); at && !ways.has(at.pid); at = byPid.get(at.parent)) ways.add(at.pid);
  const ours = new Set(all.filter(({ marked }) => marked).map(({ session }) => session));
  return all.filter(
    (one) =>
      one.pid > 1 &&
      !one.kernel &&
      one.state !== "Z" &&
      !ways.has(one.pid) &&
      !one.marked &&
      !ours.has(one.session) &&
      !one.command.includes("/chaos-agents") &&
      !protectedNames.test(one.name) &&
      !isProtected(one.unit),
  );
}

/** The processes a skill breaks on one host, by number. Excluded services and filters hold for them too. */
export async function chooseProcesses(
  host: SkillHost,
  wanted: ProcessSelection,
  { servers, matchesFilters, random, signal }: ResolveContext & { servers: Servers },
): Promise<Process[]> {
  const { name, user, service } = wanted;
  const listed = await listProcesses(host, signal, user);
  const command = wanted.command === undefined ? undefined : new RegExp(wanted.command);
  const meant = (one: Process) =>
    (name === undefined || hasName(one, name)) &&
    (command === undefined || (one.command !== "" && command.test(one.command))) &&
    (user === undefined || one.uid === listed.uid) &&
    (service === undefined || one.unit === unitName(service));
  const excluded = new Set(servers.config.discovery.exclude_services.map(unitName));
  const filtered = ({ name: own, unit }: Process) =>
    !excluded.has(unit) && [own, unit, unit.replace(/\.service$/, "")].some((word) => word && matchesFilters(word));
  const free = unprotected(listed).filter(meant);
  const found = free.filter(filtered);
  if (found.length === 0) {
    const held =
      free.length > 0
        ? "are in exclude_services, or do not pass resource_filters"
        : listed.all.some((one) => one.pid !== listed.self && meant(one))
          ? "are never touched: the host would be out of reach"
          : undefined;
    if (held) throw new ChaosError("nothing-matched", `${host.key}: the processes that match ${held}`);
  }
  const count =
    wanted.count === "all"
      ? found.length
      : typeof wanted.count === "number"
        ? wanted.count
        : Math.ceil((found.length * Number.parseInt(wanted.count, 10)) / 100);
  const chosen = count >= found.length ? found : random.sample(found, count);
  return chosen.toSorted((a, b) => a.pid - b.pid);
}

/** The kernel keeps 15 characters of a name, and a script is known by its first word. */
const hasName = ({ name, command }: Process, wanted: string): boolean =>
  name === wanted.slice(0, 15) || command.split(" ", 1)[0]!.split("/").at(-1) === wanted;

/** `nginx 4711, 4712 and 3 more` */
export function nameProcesses(processes: readonly Pick<Process, "pid" | "name">[]): string {
  const byName = Map.groupBy(processes, ({ name }) => name);
  const words = [...byName].map(([name, all]) => {
    const pids = all.slice(0, 4).map(({ pid }) => pid);
    return `${name} ${pids.join(", ")}${all.length > 4 ? ` and ${all.length - 4} more` : ""}`;
  });
  return words.slice(0, 4).join("; ") + (words.length > 4 ? `; and ${words.length - 4} more programs` : "");
}

/** Shell functions for what is kept of a process, its number and its start: `start_of PID`, `state_of PID`. */
export const processWords = `
  stat_of() {
    { read -r stat <"/proc/$2/stat"; } 2>/dev/null || return
    at=$1; set -f; set -- \${stat##*) }; set +f
    shift $((at - 1)); printf '%s\\n' "$1"
  }
  start_of() { stat_of 20 "$1"; }
  state_of() { stat_of 1 "$1"; }
`;

/** Sends SIGNAL to each of these pairs that is still the same process. */
export const signalEach = `${processWords}
  signal=$1 hit=; shift
  while [ $# -gt 1 ]; do
    if [ "$(start_of "$1")" = "$2" ] && kill -s "$signal" "$1"; then hit=yes; fi
    shift 2
  done
  [ "$hit" ] || { echo 'none of the processes is there any more' >&2; exit 1; }`;

/** Processes as values for a script that takes them in pairs. */
export const pairs = (processes: readonly Pick<Process, "pid" | "start">[]): string[] =>
  processes.flatMap(({ pid, start }) => [`${pid}`, start]);
