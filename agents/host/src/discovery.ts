import type { Discovery, HostSurvey } from "@chaos-agents/core";
import { type SkillHost, hostOf, sh } from "./host-skill.ts";
import { formatSize } from "./size.ts";
import { isProtected, runningServices } from "./survey-services.ts";
import type { Machine, Servers } from "./target.ts";

type Row = (string | number | boolean | null)[];
interface Found {
  host: string;
  survey: HostSurvey;
  load: string;
  services: Row[];
  ports: Row[];
  filesystems: Row[];
  timers: Row[];
  users: Row[];
}

/** What there is to break on every host: as tables, one line a thing, its host first. */
export async function discoverHosts(servers: Servers, signal: AbortSignal): Promise<Discovery> {
  const { enabled, exclude_services } = servers.config.discovery;
  const found = await Promise.all(
    [...servers.machines.values()].map((machine) => look(machine, enabled, exclude_services, signal)),
  );
  const table = (
    title: string,
    columns: string[],
    of: keyof Pick<Found, "services" | "ports" | "filesystems" | "timers" | "users">,
  ) => ({
    title,
    columns: ["host", ...columns],
    rows: found.flatMap((one) => one[of].map((row) => [one.host, ...row])),
  });
  const tables = [
    {
      title: "Hosts",
      columns: ["host", "system", "kernel", "cpus", "memory", "load", "root by", "systemd", "cgroup", "machine", "has"],
      rows: found.map(({ host, survey, load }) => [
        host,
        survey.system,
        survey.kernel.replace(/^Linux /, ""),
        survey.cpus,
        formatSize(survey.memoryBytes),
        load,
        survey.root,
        survey.systemd,
        survey.cgroup,
        survey.virtualization ?? "bare metal",
        abilities(survey),
      ]),
    },
    table("Services", ["service", "description", "may be stopped"], "services"),
    table("Ports", ["protocol", "address", "port", "process"], "ports"),
    table("Filesystems", ["mount", "device", "size", "free", "used %"], "filesystems"),
    table("Timers", ["timer", "next", "starts"], "timers"),
    table("Users", ["user", "id", "shell"], "users"),
  ];
  const services = found.reduce((sum, one) => sum + one.services.length, 0);
  const hosts = found.length === 1 ? `${found[0]!.host}, ${found[0]!.survey.system}` : `${found.length} hosts`;
  return { summary: `${hosts}, ${services} services running`, tables: tables.filter(({ rows }) => rows.length > 0) };
}

/** What skills do better with, or cannot do without. */
const abilities = ({ kernelFeatures, commands }: HostSurvey): string =>
  [
    ...(kernelFeatures.has("netem") ? ["netem"] : []),
    ...["nft", "iptables", "stress-ng"].filter((one) => commands.has(one)),
  ].join(", ");

async function look(
  machine: Machine,
  enabled: boolean,
  excluded: readonly string[],
  signal: AbortSignal,
): Promise<Found> {
  const host = hostOf(machine);
  const { survey } = await machine.host(signal);
  const load = (await host.look(["cat", "/proc/loadavg"], signal)).split(" ").slice(0, 3).join(" ");
  const none = { services: [], ports: [], filesystems: [], timers: [], users: [] };
  if (!enabled) return { host: machine.key, survey, load, ...none };
  const [services, ports, filesystems, timers, users] = await Promise.all([
    survey.systemd ? runningServices(host, signal) : [],
    survey.commands.has("ss") ? listeners(host, signal) : [],
    mounts(host, signal),
    survey.systemd ? activeTimers(host, signal) : [],
    people(host, signal),
  ]);
  const may = (unit: string) =>
    isProtected(unit)
      ? "never"
      : excluded.some((name) => unit === name || unit === `${name}.service`)
        ? "excluded"
        : "yes";
  return {
    host: machine.key,
    survey,
    load,
    services: services.map(({ unit, description }) => [unit, description, may(unit)]),
    ports,
    filesystems,
    timers,
    users,
  };
}

async function listeners(host: SkillHost, signal: AbortSignal): Promise<Row[]> {
  const lines = (await host.look(["ss", "-Htulnp"], signal)).split("\n").filter(Boolean);
  return lines.map((line) => {
    const [protocol, , , , local = ""] = line.split(/\s+/);
    const colon = local.lastIndexOf(":");
    const processes = [...line.matchAll(/\("([^"]+)",pid=(\d+)/g)].map(([, name, pid]) => `${name} ${pid}`);
    return [protocol!, local.slice(0, colon), Number(local.slice(colon + 1)), [...new Set(processes)].join(", ")];
  });
}

async function mounts(host: SkillHost, signal: AbortSignal): Promise<Row[]> {
  const out = await host.look(sh("df -P -B1 -x tmpfs -x devtmpfs -x overlay 2>/dev/null || df -P -B1"), signal);
  return out
    .trim()
    .split("\n")
    .slice(1)
    .map((line) => line.split(/\s+/))
    .map(([device, size, , free, used, ...mount]) => [
      mount.join(" "),
      device!,
      formatSize(Number(size)),
      formatSize(Number(free)),
      Number.parseInt(used!, 10),
    ]);
}

async function activeTimers(host: SkillHost, signal: AbortSignal): Promise<Row[]> {
  const out = await host.look(["systemctl", "list-timers", "--no-legend", "--no-pager", "--plain", "--full"], signal);
  return out
    .split("\n")
    .filter(Boolean)
    .map((line) => {
      const [timer, starts] = line.trim().split(/\s+/).slice(-2);
      const [next] = /^\S+ \S+ \S+ \S+|^n\/a|^-/.exec(line.trim()) ?? [""];
      return [timer!, next, starts!];
    });
}

async function people(host: SkillHost, signal: AbortSignal): Promise<Row[]> {
  const out = await host.look(["cat", "/etc/passwd"], signal);
  return out
    .split("\n")
    .map((line) => line.split(":"))
    .filter(([, , id, , , , shell]) => shell !== undefined && !/(?:nologin|false|sync)$/.test(shell) && Number(id) >= 0)
    .map(([name, , id, , , , shell]) => [name!, Number(id), shell!]);
}
