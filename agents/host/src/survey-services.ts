import { type ResolveContext, ChaosError } from "@chaos-agents/core";
import { z } from "zod";
import { type HostChange, type SkillHost, sh } from "./host-skill.ts";
import type { Servers } from "./target.ts";

/** A systemd unit that runs. */
export interface Service {
  /** `nginx.service` */
  unit: string;
  description: string;
}

/**
 * Never touched, whoever asks: what keeps the host reachable and alive, and us on it. `sshd` and systemd's own would lock
 * us out, dbus and the network managers take half of the host along.
 */
const protectedUnits =
  /^(?:ssh|sshd|systemd-.+|dbus|dbus-broker|init|NetworkManager|networking|networkd-dispatcher|wpa_supplicant|connman|dhcpcd|ifup@.+|cloud-.+|getty@.+|serial-getty@.+|user@\d+|user-runtime-dir@\d+|polkit|chaos-.+)(?:@.*)?\.(?:service|socket)$/;

export const isProtected = (unit: string): boolean => protectedUnits.test(unit);

/** `nginx` is `nginx.service`. */
export const unitName = (name: string): string => (/\.[a-z]+$/.test(name) ? name : `${name}.service`);

const allActive = (units: readonly string[]): string[] =>
  sh('for unit; do systemctl -q is-active -- "$unit" || exit 1; done', ...units);

/** Those of these units that have been told to stop, and have not. */
const stopping = `
  stopping() {
    systemctl show --property=Id,ActiveState -- "$@" |
      awk -v RS= '/ActiveState=deactivating/ && match($0, /Id=[^\\n]*/) { print substr($0, RSTART + 3, RLENGTH - 3) }'
  }`;

const stop = `${stopping}
  patience=$1; shift
  timeout "$patience" systemctl stop -- "$@" && exit
  code=$?
  if [ $code -eq 124 ]; then
    set -- $(stopping "$@")
    most=$(systemctl show --property=TimeoutStopUSec --value -- "$1")
    echo "$* still runs $patience s after it was told to stop; systemd leaves it $most" >&2
  fi
  exit $code`;

/**
 * What does not stop is killed in the end, as systemd does: nothing can start before. A socket cannot start beside its running
 * service: sockets and timers first, and their services again where need be.
 */
const start = `${stopping}
  uptime() { read -r up _ </proc/uptime; echo "\${up%.*}"; }
  late=$(($(uptime) + $1)); shift
  while still=$(stopping "$@") && [ "$still" ] && [ "$(uptime)" -lt $((late + 10)) ]; do
    if [ "$(uptime)" -ge "$late" ]; then systemctl kill --signal=KILL -- $still; fi
    sleep 1
  done
  for unit; do case $unit in *.service) ;; *)
    systemctl start -- "$unit" 2>/dev/null && continue
    systemctl stop -- "\${unit%.*}.service" && systemctl start -- "$unit" || exit
  esac; done
  systemctl start -- "$@"`;

/** Seconds that a service may take to stop. */
const usualPatience = 60;

/** Back to running, all of them, whatever became of each. */
export const backToRunning = (units: readonly string[], patience = usualPatience) => ({
  asBefore: allActive(units),
  isOurs: ["true"],
  putBack: sh(start, patience, ...units),
});

export const stopUnits = (units: readonly string[], patience = usualPatience): HostChange => ({
  ...backToRunning(units, patience),
  act: sh(stop, patience, ...units),
});

export async function runningServices(host: SkillHost, signal: AbortSignal): Promise<Service[]> {
  const list = await host.look(
    ["systemctl", "list-units", "--type=service", "--state=running", "--plain", "--no-legend", "--no-pager"],
    signal,
  );
  return list
    .split("\n")
    .map((line) => /^(\S+)\s+\S+\s+\S+\s+\S+\s*(.*)$/.exec(line.trim()))
    .filter((match) => match !== null)
    .map(([, unit, description]) => ({ unit: unit!, description: description! }));
}

/**
 * Everything that goes when this unit is stopped, itself first: what requires it, is bound to it or part of it, and the
 * sockets and timers that would start it again. Only what is active.
 */
export async function stoppedWith(host: SkillHost, unit: string, signal: AbortSignal): Promise<string[]> {
  const found = new Set([unit]);
  for (const one of found) {
    const shown = await host.look(
      ["systemctl", "show", "--property=RequiredBy,BoundBy,ConsistsOf,TriggeredBy", "--", one],
      signal,
    );
    for (const other of shown.split("\n").flatMap((line) => line.slice(line.indexOf("=") + 1).split(" "))) {
      if (other !== "" && !other.endsWith(".target") && (await unitState(host, other, signal)) === "active")
        found.add(other);
    }
  }
  return [...found];
}

export const unitState = async (host: SkillHost, unit: string, signal: AbortSignal): Promise<string> =>
  (await host.look(["systemctl", "show", "--property=ActiveState", "--value", "--", unit], signal)).trim();

/** How skills of whole services choose them. */
export const serviceParams = z.strictObject({
  max_services: z.int().min(1).default(1).meta({ description: "How many at most" }),
  services: z
    .array(z.string().min(1))
    .default([])
    .meta({ description: "Which ones; chosen among the discovered ones when left out" }),
});

/** Each chosen service with what goes along when it is stopped, and words for both. */
export async function servicesAndOthers(
  host: SkillHost,
  { max_services, services }: z.output<typeof serviceParams>,
  context: ResolveContext & { servers: Servers },
): Promise<{ unit: string; all: string; cost: { services: number } }[]> {
  const chosen = await chooseServices(host, { services, limit: max_services }, context);
  return await Promise.all(
    chosen.map(async (unit) => {
      const others = (await stoppedWith(host, unit, context.signal)).filter((one) => one !== unit);
      const all = others.length > 0 ? `${unit} and with it ${others.join(", ")}` : unit;
      return { unit, all, cost: { services: 1 + others.length } };
    }),
  );
}

/** The services a skill may break: named ones, or some that run; protected and excluded ones never, filters hold for both. */
export async function chooseServices(
  host: SkillHost,
  { services, limit }: { services: readonly string[]; limit: number },
  { servers, matchesFilters, random, signal }: ResolveContext & { servers: Servers },
): Promise<string[]> {
  const running = (await runningServices(host, signal)).map(({ unit }) => unit);
  const excluded = new Set(servers.config.discovery.exclude_services.map(unitName));
  const passes = (unit: string) => matchesFilters(unit) || matchesFilters(unit.replace(/\.service$/, ""));
  const free = running.filter((unit) => !isProtected(unit) && !excluded.has(unit) && passes(unit));
  if (services.length === 0) return random.sample(free, limit);
  return services.map(unitName).map((unit) => {
    if (free.includes(unit)) return unit;
    const why = isProtected(unit)
      ? "is never stopped: the host would be out of reach"
      : excluded.has(unit)
        ? "is in exclude_services"
        : !running.includes(unit)
          ? "does not run"
          : "does not pass resource_filters";
    throw new ChaosError("nothing-matched", `${host.key}: ${unit} ${why}`, {
      remedy: free.length > 0 ? `These may be: ${free.slice(0, 8).join(", ")}` : "chaos discover lists what runs",
    });
  });
}

/** The configuration of running services: what their units and the packages' usual folders name. */
export async function configurationFiles(
  host: SkillHost,
  servers: Servers,
  matchesFilters: (name: string) => boolean,
  signal: AbortSignal,
): Promise<string[]> {
  const excluded = new Set(servers.config.discovery.exclude_services.map(unitName));
  const names = (await runningServices(host, signal))
    .map(({ unit }) => unit)
    .filter((unit) => !isProtected(unit) && !excluded.has(unit))
    .filter((unit) => matchesFilters(unit) || matchesFilters(unit.replace(/\.service$/, "")))
    .map((unit) => unit.replace(/(?:@.*)?\.service$/, ""));
  if (names.length === 0) return [];
  const script =
    'for name; do find "/etc/$name" "/etc/$name.conf" -maxdepth 2 -type f -name "*.c*nf*" 2>/dev/null; done; :';
  return (await host.look(sh(script, ...names), signal)).split("\n").filter(Boolean);
}
