import { type ResolveContext, ChaosError } from "@chaos-agents/core";
import { type SkillHost, sh } from "./host-skill.ts";
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

export const allActive = (units: readonly string[]): string[] =>
  sh('for unit; do systemctl -q is-active -- "$unit" || exit 1; done', ...units);

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
      if (other !== "" && !other.endsWith(".target") && (await isActive(host, other, signal))) found.add(other);
    }
  }
  return [...found];
}

const isActive = async (host: SkillHost, unit: string, signal: AbortSignal) =>
  (await host.look(["systemctl", "show", "--property=ActiveState", "--value", "--", unit], signal)).trim() === "active";

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
