import {
  type ConnectContext,
  type Discovery,
  type Host,
  type Mark,
  type Random,
  type Target,
  ChaosError,
} from "@chaos-agents/core";
import type { HostConfig, HostLogin } from "./config.ts";
import { discoverHosts } from "./discovery.ts";
import { Lease } from "./lease.ts";
import { hostMarks } from "./marks.ts";

export type OpenHost = (login: HostLogin, config: HostConfig, context: ConnectContext) => Promise<Host>;

/** One machine of the target: its connection, made anew when it was lost, and our right to act on it. */
export class Machine {
  readonly key: string;
  readonly #open: (signal: AbortSignal) => Promise<Host>;
  readonly #leaseOf: () => Lease;
  #host: Promise<Host> | undefined;
  readonly #closing = new AbortController();
  readonly #leases = new Map<string, Lease>();
  #changes = 0;

  constructor(key: string, open: (signal: AbortSignal) => Promise<Host>, context: ConnectContext, leaseMs: number) {
    this.key = key;
    this.#open = open;
    this.#leaseOf = () =>
      new Lease({ host: (signal) => this.host(signal), label: key, clock: context.clock, ms: leaseMs });
  }

  /** The standing connection; a lost one is replaced. Who gives up waiting for it leaves it to the others. */
  host(signal: AbortSignal): Promise<Host> {
    this.#host ??= this.#open(this.#closing.signal).then(
      (host) => {
        void host.lost.then(() => (this.#host = undefined));
        return host;
      },
      (error: unknown) => {
        this.#host = undefined;
        throw error;
      },
    );
    return unlessAborted(this.#host, signal);
  }

  lease(run: string): Lease {
    const known = this.#leases.get(run);
    if (known) return known;
    const lease = this.#leaseOf();
    this.#leases.set(run, lease);
    return lease;
  }

  /** A name for a change on it, which no other has; the last one sorts last. */
  nextChange(fault: string, now: number): string {
    return `${String(now).padStart(15, "0")}-${String(this.#changes++).padStart(6, "0")}-${fault}`;
  }

  async close(): Promise<void> {
    for (const lease of this.#leases.values()) lease.close();
    this.#closing.abort();
    await (await this.#host?.catch(() => undefined))?.[Symbol.asyncDispose]();
  }
}

/** The machines of a `server` target, over whatever reaches them. */
export class Servers implements Target {
  readonly label: string;
  readonly config: HostConfig;
  readonly machines: ReadonlyMap<string, Machine>;
  identity: Readonly<Record<string, string>> = {};

  private constructor(config: HostConfig, machines: ReadonlyMap<string, Machine>) {
    this.config = config;
    this.machines = machines;
    const names = [...machines.keys()];
    this.label = names.length > 3 ? `${names.slice(0, 2).join(", ")} and ${names.length - 2} more` : names.join(", ");
  }

  /** Reaches every machine at once, and fails when one of them cannot be reached: it names them all. */
  static async open(config: HostConfig, open: OpenHost, context: ConnectContext): Promise<Servers> {
    const leaseMs = config.lease === "off" ? 0 : config.lease;
    const machines = new Map(
      config.hosts.map((login) => {
        const key = `${login.host}:${login.port}`;
        return [key, new Machine(key, (signal) => open(login, config, { ...context, signal }), context, leaseMs)];
      }),
    );
    const servers = new Servers(config, machines);
    const opened = await Promise.allSettled([...machines.values()].map((machine) => machine.host(context.signal)));
    const failed = opened.filter((one) => one.status === "rejected").map(({ reason }) => reason as unknown);
    if (failed.length === 0) {
      const hosts = opened.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
      servers.identity = Object.fromEntries(hosts.map((host, i) => [[...machines.keys()][i]!, host.identity.machine]));
      return servers;
    }
    await servers[Symbol.asyncDispose]();
    throw context.signal.aborted || failed.length === 1 ? failed[0] : unreachable(failed, config.hosts.length);
  }

  machine(key: string): Machine {
    const machine = this.machines.get(key);
    if (machine) return machine;
    throw new ChaosError("target-unreachable", `${key} is not among the hosts of this target`, {
      remedy: "Put it back into hosts: there is something of ours to undo on it",
    });
  }

  /** The machines a skill breaks, by the target's `mode`. */
  chosen(random: Random): Machine[] {
    const all = [...this.machines.values()];
    const share = (percent: number) => Math.max(1, Math.floor((all.length * Math.min(percent, 100)) / 100));
    const { mode, value = 1 } = this.config;
    const count = {
      all: all.length,
      one: 1,
      fixed: Math.min(value, all.length),
      fixed_percent: share(value),
      random_max_percent: mode === "random_max_percent" ? 1 + random.below(share(value)) : 1,
    }[mode];
    return count === all.length ? all : random.sample(all, count);
  }

  discover(signal: AbortSignal): Promise<Discovery> {
    return discoverHosts(this, signal);
  }

  marks(signal: AbortSignal): Promise<Mark[]> {
    return hostMarks(this, signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.machines.values()].map((machine) => machine.close()));
  }
}

async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(signal.reason as Error);
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

function unreachable(failures: readonly unknown[], of: number): ChaosError {
  const messages = failures.map((error) => (error instanceof Error ? error.message : String(error)));
  return new ChaosError(
    "target-unreachable",
    `${failures.length} of ${of} hosts cannot be reached: ${messages.join("; ")}`,
    {
      remedy: "Mend them, or take them out of hosts",
    },
  );
}
