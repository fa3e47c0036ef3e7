import { readFile, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { ChaosError, describeError } from "@chaos-agents/core";
import { findProgram } from "./find-program.ts";
import { freePort } from "./free-port.ts";
import { Keep, type KeptProcess } from "./keep.ts";
import { linkNamespace, type NamespaceLink } from "./sshd-link.ts";
import { prepareSystem, type SshUser } from "./sshd-system.ts";
import { processTree } from "./process-tree.ts";

export type { SshUser } from "./sshd-system.ts";

export interface SshdOptions {
  /** Who may log in, with the server's `privateKey`; `chaos`, with sudo, when left out. Needs root. */
  users?: readonly SshUser[];
  /** Listens on these addresses of this machine, instead of in a network of its own. */
  addresses?: readonly string[];
  /** How many addresses it has in a network of its own; one when left out. */
  addressCount?: number;
  /** On top of ours, as sshd_config takes them. */
  settings?: Readonly<Record<string, string>>;
  signal?: AbortSignal;
}

/** A real sshd. Started by root, it sees its own users, /etc, /home, /tmp, /run, /var/lib, processes and network. */
export interface SshServer extends AsyncDisposable {
  readonly host: string;
  /** All its addresses, `host` first. */
  readonly hosts: readonly string[];
  readonly port: number;
  readonly users: readonly string[];
  /** Lets every user in. A file; its public half is beside it. */
  readonly privateKey: string;
  /** A known_hosts file that names this server. */
  readonly knownHosts: string;
  /** `ssh-ed25519 AAAA…`, one for each of its keys. */
  readonly hostKeys: readonly string[];
  readonly log: string;
  readonly directory: string;
  /** The first of its processes, as this machine counts them: all others descend from it. */
  readonly pid: number;
  /** It has users, files, processes and a network that are not this machine's. */
  readonly isolated: boolean;
  /** Where one of its files is, seen from this machine. */
  path(inside: string): string;
  /** Runs in its network, by nsenter: for a look from the side. */
  readonly link: NamespaceLink | null;
  stop(): Promise<void>;
}

/** Why no sshd can be started here, or undefined when it can. */
export function sshdMissing(): string | undefined {
  if (process.platform !== "linux") return "only a Linux sshd is tested against";
  const wanted = { sshd: "openssh-server", "ssh-keygen": "openssh-client" };
  const asRoot = { sudo: "sudo", openssl: "openssl", unshare: "util-linux", ip: "iproute2" };
  const all = Object.entries({ ...wanted, ...(process.getuid!() === 0 && asRoot) });
  const missing = all.find(([program]) => !findProgram(program));
  return missing && `${missing[0]} is not installed (Debian package ${missing[1]})`;
}

/** Starts a new sshd from the system's own programs, apart from the system's own server and configuration. */
export async function startSshd(options: SshdOptions = {}): Promise<SshServer> {
  const missing = sshdMissing();
  if (missing !== undefined) {
    throw new ChaosError("unsupported", missing, { remedy: "apt-get install openssh-server sudo" });
  }
  const root = process.getuid!() === 0;
  if (!root && options.users) {
    throw new ChaosError("unsupported", "an sshd with users of its own is started by root only");
  }
  const keep = await Keep.open({ prefix: "chaos-sshd-" });
  try {
    const ownNetwork = root && options.addresses === undefined;
    const port = ownNetwork ? 22 : await freePort();
    const system = await prepareSystem(keep, root ? (options.users ?? [{ name: "chaos", sudo: "free" }]) : null);
    const inside = (path: string) => (root ? path.replace(keep.directory, within) : path);
    const config = keep.path("sshd_config");
    await writeFile(
      config,
      configFile({
        Port: String(port),
        ListenAddress: ownNetwork ? ["0.0.0.0"] : (options.addresses ?? ["127.0.0.1"]),
        HostKey: system.hostKeyFiles.map(inside),
        AuthorizedKeysFile: root ? ".ssh/authorized_keys" : `${system.privateKey}.pub`,
        StrictModes: root ? "yes" : "no",
        PidFile: "none",
        UsePAM: "no",
        PermitRootLogin: "yes",
        PasswordAuthentication: "yes",
        UseDNS: "no",
        MaxStartups: "1000",
        LogLevel: "VERBOSE",
        ...options.settings,
      }),
    );
    const log = keep.path("sshd.log");
    const sshd = [findProgram("sshd")!, "-D", "-e", "-f", inside(config)];
    const main = await keep.start({
      ...(root ? apart(sshd, keep.directory, ownNetwork) : { command: sshd[0]!, args: sshd.slice(1) }),
      log,
    });
    const pid = root ? await firstInside(main) : main.pid;
    const link = ownNetwork ? await linkNamespace(pid, options.addressCount ?? 1) : null;
    const hosts = link ? link.inside : (options.addresses ?? ["127.0.0.1"]);
    const knownHosts = keep.path("known_hosts");
    const names = hosts.map((host) => (port === 22 ? host : `[${host}]:${port}`)).join(",");
    await writeFile(knownHosts, system.hostKeys.map((key) => `${names} ${key}\n`).join(""));
    await listening({ host: hosts[0]!, port, log }, main, options.signal);
    const stop = () => keep[Symbol.asyncDispose]();
    return {
      host: hosts[0]!,
      hosts,
      port,
      users: system.users,
      privateKey: system.privateKey,
      knownHosts,
      hostKeys: system.hostKeys,
      log,
      directory: keep.directory,
      pid,
      isolated: root,
      path: (inside) => (root ? `/proc/${pid}/root${inside}` : inside),
      link,
      stop,
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await keep[Symbol.asyncDispose]();
    throw error;
  }
}

/** Where the server sees its directory: its own /tmp hides ours. */
const within = "/run/chaos-testkit";

function configFile(settings: Record<string, string | readonly string[]>): string {
  return Object.entries(settings)
    .flatMap(([name, value]) => [value].flat().map((one) => `${name} ${one}\n`))
    .join("");
}

/** In namespaces that end with it: no session and nothing a session started outlives the server. */
function apart(sshd: readonly string[], directory: string, ownNetwork: boolean): { command: string; args: string[] } {
  const script = `set -e
for folder in /run /var/lib; do mount -t tmpfs -o mode=755 tmpfs "$folder"; done
mkdir /run/sshd "$2"
mount --bind "$1" "$2"
for folder in etc home tmp; do mount --bind "$2/$folder" "/$folder"; done
ip link set lo up
shift 2
exec "$@"`;
  return {
    command: "unshare",
    args: ["--mount", "--pid", "--mount-proc", "--fork", "--kill-child"]
      .concat(ownNetwork ? ["--net"] : [])
      .concat(["--", "sh", "-c", script, "sh", directory, within, ...sshd]),
  };
}

async function firstInside(unshare: KeptProcess): Promise<number> {
  let ended = false;
  void unshare.exited.then(() => (ended = true));
  for (;;) {
    const [, inside] = await processTree(unshare.pid);
    if (inside !== undefined) return inside;
    if (ended) throw new ChaosError("unsupported", "sshd could not be given namespaces of its own");
    await delay(2);
  }
}

/** Asks until it greets us. */
async function listening(
  { host, port, log }: { host: string; port: number; log: string },
  main: KeptProcess,
  signal?: AbortSignal,
): Promise<void> {
  const limit = AbortSignal.any([AbortSignal.timeout(30_000), ...(signal ? [signal] : [])]);
  let ended = false;
  void main.exited.then(() => (ended = true));
  for (;;) {
    const refusal = await greeting(host, port).then(
      () => undefined,
      (error: unknown) => error,
    );
    if (refusal === undefined) return;
    if (ended || limit.aborted) {
      const said = await readFile(log, "utf8").catch(() => "");
      const why = ended ? "ended while starting" : `does not answer: ${describeError(refusal)}`;
      throw new ChaosError("target-unreachable", `sshd ${why}\n${said.trim().slice(-2_000)}`);
    }
    await delay(10);
  }
}

function greeting(host: string, port: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const socket = connect({ host, port, timeout: 1_000 });
  socket.once("data", () => resolve());
  socket.once("error", reject);
  socket.once("timeout", () => reject(new Error("no greeting within a second")));
  socket.once("close", () => reject(new Error("closed without a greeting")));
  return promise.finally(() => socket.destroy());
}
