import type { Duplex } from "node:stream";
import { ChaosError, describeError } from "@chaos-agents/core";
import type { Client, ClientChannel } from "ssh2";
import { credentialsFor } from "./credentials.ts";
import { HostKeyCheck } from "./host-key-check.ts";
import { addressOf, labelOf, portOf, type SshEndpoint, type SshHostConfig } from "./ssh-host-config.ts";

/** One login, through jump hosts where there are any. */
export class Connection implements AsyncDisposable {
  readonly label: string;
  /** Settles, with the reason, when it ends without us having closed it. */
  readonly lost: Promise<string>;
  /** Why it is no more, as soon as it is. */
  over: string | undefined;
  /** All clients on the way, ours last. */
  readonly #clients: Client[];
  #closed = false;

  private constructor(config: SshHostConfig, clients: Client[]) {
    this.label = labelOf(config);
    this.#clients = clients;
    this.lost = new Promise((resolve) => {
      for (const client of clients) {
        let reason = "it closed the connection";
        client.on("error", (error) => (reason = describeError(error)));
        client.on("close", () => {
          if (this.over !== undefined) return;
          this.over = this.#closed ? "we closed the connection" : reason;
          if (!this.#closed) resolve(this.over);
        });
      }
    });
  }

  static async open(config: SshHostConfig, signal: AbortSignal): Promise<Connection> {
    const clients: Client[] = [];
    try {
      for (const hop of [...(config.jump ?? []), config]) {
        const last = clients.at(-1);
        const way = last
          ? await forward(last, hop, labelOf(config.jump![clients.length - 1]!))
          : await config.way?.(signal);
        clients.push(await logIn(hop, config, way, signal));
      }
      return new Connection(config, clients);
    } catch (error) {
      for (const client of clients.toReversed()) client.destroy();
      throw error;
    }
  }

  /**
   * Starts a command. Who listens to its channel does so in `attach`, because it may have ended by the time that a promise
   * is heard. Rejects with what ssh2 says; `unreachable` makes that readable.
   */
  start<T>(command: string, attach: (channel: ClientChannel) => T): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    try {
      this.#clients
        .at(-1)!
        .exec(command, (error: Error | undefined, channel) => (error ? reject(error) : resolve(attach(channel))));
    } catch (error) {
      reject(error);
    }
    return promise;
  }

  unreachable(cause?: unknown): ChaosError {
    const reason = this.over ?? (cause === undefined ? "it ended a command without saying how" : describeError(cause));
    return new ChaosError("target-unreachable", `${this.label} is gone: ${reason}`, {
      remedy: "See whether the host is up and its sshd answers",
      cause,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    for (const client of this.#clients.toReversed()) {
      if (this.over !== undefined) {
        client.destroy();
        continue;
      }
      const gone = new Promise<void>((resolve) => client.once("close", () => resolve()));
      client.end();
      const hurry = setTimeout(() => client.destroy(), 1_000);
      await gone;
      clearTimeout(hurry);
    }
  }
}

/** A way to the next host, made by the last one. */
function forward(from: Client, to: SshEndpoint, jump: string): Promise<Duplex> {
  const { promise, resolve, reject } = Promise.withResolvers<Duplex>();
  from.forwardOut("127.0.0.1", 0, to.host, portOf(to), (error: Error | undefined, channel) => {
    if (!error) return resolve(channel);
    const why = error.message.replace("(SSH) Channel open failure: ", "");
    reject(
      new ChaosError("target-unreachable", `${labelOf(to)} cannot be reached from the jump host ${jump}: ${why}`, {
        remedy: `Try it there: ssh to ${jump}, then ssh -p ${portOf(to)} ${to.host}; its sshd must allow TCP forwarding`,
        cause: error,
      }),
    );
  });
  return promise;
}

async function logIn(
  endpoint: SshEndpoint,
  { keep_alive = { seconds: 5, count: 2 }, connect_seconds = 15 }: SshHostConfig,
  way: Duplex | undefined,
  signal: AbortSignal,
): Promise<Client> {
  signal.throwIfAborted();
  const check = await HostKeyCheck.open(endpoint);
  const { methods, refused } = await credentialsFor(endpoint);
  const { Client } = (await import("ssh2")).default;
  const client = new Client();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const abort = () => reject(signal.reason as Error);
  const fail = (error: Error) => reject(check.refusal ?? explain(error, endpoint, { refused, connect_seconds }));
  signal.addEventListener("abort", abort);
  client.once("ready", resolve);
  client.on("error", fail);
  client.once("close", () => fail(new Error("it closed the connection")));
  try {
    signal.throwIfAborted();
    client.connect({
      ...(way ? { sock: way } : { host: endpoint.host, port: portOf(endpoint) }),
      username: endpoint.username,
      authHandler: methods,
      algorithms: { serverHostKey: check.algorithms() },
      hostVerifier: (key: Buffer) => check.accepts(key),
      readyTimeout: connect_seconds * 1_000,
      keepaliveInterval: keep_alive.seconds * 1_000,
      keepaliveCountMax: keep_alive.count,
    });
    await promise;
    if (!way) client.setNoDelay(true);
    await check.remember();
    return client;
  } catch (error) {
    client.destroy();
    throw error;
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

const network: Record<string, [what: string, remedy: string]> = {
  ECONNREFUSED: ["nothing listens there (connection refused)", "Is sshd running, and is the port right?"],
  ENOTFOUND: ["there is no such name", "Is the host name right, and does DNS know it here?"],
  EAI_AGAIN: ["DNS does not answer", "Try again, or give the host's IP address"],
  EHOSTUNREACH: ["no route to it", "Is the host up, and are we in a network that reaches it?"],
  ENETUNREACH: ["no route to its network", "Is this machine in a network that reaches it?"],
  ETIMEDOUT: ["it does not answer", "Is the host up, and does a firewall let us through?"],
  ECONNRESET: ["it hung up", "Is it sshd that listens there, and does its MaxStartups or a firewall turn us away?"],
};

/** What ssh2 says about logging in, in words of ours. */
function explain(
  error: Error & { level?: string; code?: string },
  endpoint: SshEndpoint,
  { refused, connect_seconds }: { refused: ChaosError; connect_seconds: number },
): ChaosError {
  if (error.level === "client-authentication") return refused;
  const where = labelOf(endpoint);
  const known = error.code === undefined ? undefined : network[error.code];
  const [what, remedy] =
    known ??
    (error.level === "client-timeout"
      ? [`no answer within ${connect_seconds} s`, network["ETIMEDOUT"]![1]]
      : [error.message, `See what sshd says there, and try: ssh -v -p ${portOf(endpoint)} ${endpoint.host}`]);
  return new ChaosError("target-unreachable", `${where} cannot be reached: ${what}`, {
    remedy,
    facts: { address: addressOf(endpoint) },
    cause: error,
  });
}
