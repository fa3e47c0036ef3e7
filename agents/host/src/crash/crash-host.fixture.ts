import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import type { SkillUse } from "@chaos-agents/core";
import {
  type HostPhotograph,
  hostDifferences,
  photographHost,
  type SshServer,
  enterNamespaces,
  sshdMissing,
  startSshd,
  startWireProxy,
} from "@chaos-agents/testkit";
import { experimentOf } from "@chaos-agents/testkit/contract";
import type { CrashSubject } from "@chaos-agents/testkit/crash";
import { hostAgent } from "../index.ts";
import type { HostFault } from "./host-faults.fixture.ts";
import type { WatchedLogin } from "./ssh-agent.fixture.ts";

export const crashHostMissing = (): string | undefined =>
  process.getuid?.() === 0 ? sshdMissing() : "a network of its own is made by root only";

const catalog = { module: new URL("ssh-agent.fixture.ts", import.meta.url).href, export: "sshAgent" };
/** The parsing is the agent's; nothing is opened by it here. */
const { config: configSchema, skills } = hostAgent(() => Promise.reject(new Error("nobody connects here")));

/** Folders that an sshd of the testkit shares with this machine; and what a route for IPv6 needs comes a moment late. */
const apart = `
  for folder in /var/lib /var/tmp /var/spool /root /srv /opt /mnt /dev/shm; do mount -t tmpfs tmpfs "$folder" || exit; done
  echo 1 >/proc/sys/net/ipv6/conf/eth0/disable_ipv6`;

/** Calls of the runner, each with all of its text; no other message is so long. */
export const isCommand = ({ bytes }: { bytes: number }) => bytes > 6_000;

/** Waits until no call of the runner goes on; the watchdog is none. */
const whileBusy = `while grep -qsaE '[e]val "\\$program"' /proc/[0-9]*/cmdline; do sleep 0.05; done`;

/** A lease that came too late holds nothing, and goes by itself: time passes here at once. */
const untilLeaseIsOver = `
  for kept in /var/lib/chaos-agents/*/; do
    [ -e "$kept" ] && [ -z "$(ls -A "$kept/undo")" ] || continue
    echo 0 >"/run/chaos-agents/$(basename "$kept")/deadline"
    while [ -e "$kept" ]; do sleep 0.05; done
  done`;

/** A machine that is reached over SSH, with what its faults need, and what was done to it as seen from outside. */
export class CrashHost implements AsyncDisposable {
  readonly server: SshServer;
  readonly faults: readonly HostFault[];
  /** In how many looks each skill's fault was there. */
  readonly seen: Map<string, number>;

  private constructor(server: SshServer, faults: readonly HostFault[]) {
    this.server = server;
    this.faults = faults;
    this.seen = new Map(faults.map(({ skill }) => [skill, 0]));
  }

  static async start(
    faults: readonly HostFault[],
    username = "root",
    settings: Record<string, string> = {},
  ): Promise<CrashHost> {
    const server = await startSshd({
      users: [{ name: username, sudo: "free" }],
      // the proxy counts its packets
      settings: { Ciphers: "aes128-gcm@openssh.com", ...settings },
    });
    const host = new CrashHost(server, faults);
    try {
      await host.outside(apart);
      for (const { prepare } of faults) if (prepare) await host.outside(prepare);
      return host;
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  /** A shell line on the machine, apart from the product and from the network. */
  readonly outside = (script: string): Promise<string> => this.#enter(["sh", "-c", script]);

  async #enter(argv: readonly string[]): Promise<string> {
    const into = enterNamespaces(this.server.pid);
    return (await promisify(execFile)("nsenter", [...into, ...argv], { maxBuffer: 2 ** 26 })).stdout;
  }

  async photograph(): Promise<HostPhotograph> {
    const all = Object.entries(await photographHost((argv) => this.#enter(argv)));
    // other tests' networks, which are mounted on this machine
    const photograph = Object.fromEntries(all.filter(([fact]) => !fact.startsWith("mount /run/netns/")));
    for (const { skill, fact } of this.faults) if (fact) photograph[skill] = (await this.outside(fact)).trim();
    return photograph;
  }

  subject({ lease, patience }: { lease: string; patience: number }) {
    const { server } = this;
    const use = ({ skill, params }: HostFault): SkillUse => {
      const schema = skills.find(({ name }) => name === skill)!.params;
      return { skill, params: schema.parse(params) as Record<string, unknown>, count: 1, target: "main" };
    };
    const auth = { type: "key", private_key_path: server.privateKey };
    const experiment = (more: Partial<WatchedLogin>) => {
      const parsed = configSchema.parse({
        hosts: [{ host: server.host, port: server.port, username: server.users[0], auth }],
        known_hosts: server.knownHosts,
        lease,
      }) as { hosts: WatchedLogin[] };
      const config = { ...parsed, hosts: parsed.hosts.map((login) => ({ ...login, ...more })) };
      return experimentOf({
        targets: { main: { kind: "server", config } },
        skills: this.faults.map(use),
        duration: 3_599_999,
      });
    };
    const subject = {
      catalog,
      experiment: experiment({}),
      oracle: { photograph: () => this.photograph(), differences: hostDifferences, patience },
      landed: async () => {
        const felt = await Promise.all(this.faults.map((fault) => fault.felt(this)));
        this.faults.forEach(({ skill }, i) => felt[i] && this.seen.set(skill, this.seen.get(skill)! + 1));
        return felt.includes(true);
      },
      ready: async () => {
        for (const { ready } of this.faults) await ready?.(this);
      },
      wire: {
        open: () => startWireProxy({ to: { host: server.host, port: server.port }, engine: "ssh" }),
        through: (_: unknown, { port }: { port: number }) => experiment({ through: port }),
        late: { isOne: isCommand, deliver: (letThrough: () => void) => this.deliver(letThrough) },
        link: server.link!,
      },
    } satisfies CrashSubject<HostPhotograph>;
    return subject;
  }

  /** Lets a command through that comes late, and returns when it has ended. */
  async deliver(letThrough: () => void): Promise<void> {
    const begun = async () => (await readFile(this.server.log, "utf8")).split("Starting session").length;
    const before = await begun();
    letThrough();
    while ((await begun()) === before) await delay(10);
    await this.outside(`${whileBusy}; ${untilLeaseIsOver}`);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.server.stop();
  }
}
