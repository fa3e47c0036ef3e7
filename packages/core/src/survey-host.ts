import { ChaosError } from "./chaos-error.ts";
import type { ExecOptions, ExecResult, HostIdentity, HostSurvey, WayIn } from "./host.ts";

/** Commands some skill needs; asked once. */
const wanted = "awk date dd flock ip iptables nft prlimit setsid ss stress-ng sudo tc";

const script = `
export LC_ALL=C
say() { printf '%s\\t%s\\n' "$1" "$2"; }
say machine "$(cat /etc/machine-id 2>/dev/null || cat /var/lib/dbus/machine-id 2>/dev/null || hostname)"
say boot "$(cat /proc/sys/kernel/random/boot_id)"
say system "$(. /etc/os-release 2>/dev/null && printf %s "$PRETTY_NAME")"
say kernel "$(uname -sr)"
say cpus "$(getconf _NPROCESSORS_ONLN)"
say memory "$(awk '/^MemTotal:/ { print $2 * 1024 }' /proc/meminfo)"
say uid "$(id -u)"
[ -d /run/systemd/system ] && say systemd yes
if [ -f /sys/fs/cgroup/cgroup.controllers ]; then say cgroup 2; elif [ -d /sys/fs/cgroup/memory ]; then say cgroup 1; fi
virt=$(systemd-detect-virt 2>/dev/null) && say virt "$virt"
container=$(systemd-detect-virt -c 2>/dev/null) && say container "$container"
[ -f /.dockerenv ] && say container docker
[ "$(readlink /proc/self/ns/pid)" = 'pid:[4026531836]' ] || say container namespace
PATH=$PATH:/usr/sbin:/sbin:/usr/local/sbin
for name in ${wanted}; do command -v "$name" >/dev/null 2>&1 && say command "$name"; done
kernel=$(uname -r)
for feature in sch_netem nf_tables; do
  if [ -d "/sys/module/$feature" ] || grep -qs "/$feature\\.ko" "/lib/modules/$kernel/modules.dep" "/lib/modules/$kernel/modules.builtin"
  then say feature "\${feature#sch_}"; fi
done
[ -n "$SSH_CONNECTION" ] && say wayin "$SSH_CONNECTION"
:
`;

export interface Surveyed {
  identity: HostIdentity;
  survey: HostSurvey;
  wayIn: WayIn | null;
}

/** Looks at a host through whatever runs commands on it. Reads only. */
export async function surveyHost(
  label: string,
  exec: (argv: readonly string[], options: ExecOptions) => Promise<ExecResult>,
  signal: AbortSignal,
): Promise<Surveyed> {
  const answer = await exec(["sh", "-c", script], { signal, timeout: 30_000 });
  const facts = Map.groupBy(
    answer.stdout.split("\n").filter((line) => line.includes("\t")),
    (line) => line.slice(0, line.indexOf("\t")),
  );
  const all = (name: string) => (facts.get(name) ?? []).map((line) => line.slice(name.length + 1).trim());
  const one = (name: string) => all(name)[0] || undefined;
  if (answer.code !== 0 || !one("boot")) {
    throw new ChaosError("unsupported", `${label} does not look like Linux with a POSIX shell`, {
      remedy: "Only Linux machines can be broken",
      facts: { stderr: answer.stderr.slice(0, 500) },
    });
  }
  const commands = new Set(all("command"));
  const root = one("uid") === "0" ? "root" : commands.has("sudo") && (await sudoWorks(exec, signal)) ? "sudo" : "none";
  const cgroup = one("cgroup");
  return {
    identity: { machine: one("machine") ?? "unknown", boot: one("boot")! },
    survey: {
      system: one("system") ?? "Linux",
      kernel: one("kernel") ?? "Linux",
      cpus: Number(one("cpus") ?? 1),
      memoryBytes: Number(one("memory") ?? 0),
      root,
      systemd: one("systemd") !== undefined,
      cgroup: cgroup === undefined ? null : cgroup === "2" ? 2 : 1,
      virtualization: one("virt") ?? null,
      container: one("container") !== undefined,
      commands,
      kernelFeatures: new Set(all("feature")),
    },
    wayIn: wayInOf(one("wayin")),
  };
}

async function sudoWorks(
  exec: (argv: readonly string[], options: ExecOptions) => Promise<ExecResult>,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    return (await exec(["true"], { root: true, signal, timeout: 15_000 })).code === 0;
  } catch (error) {
    if (error instanceof ChaosError && error.code === "permission-missing") return false;
    throw error;
  }
}

/** sshd tells the session where it came from: peer, its port, our address, our port. */
function wayInOf(connection: string | undefined): WayIn | null {
  const [peer, , address, port] = connection?.split(" ") ?? [];
  return peer && address && port ? { peer, address, port: Number(port) } : null;
}
