import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { type Clock, systemClock } from "@chaos-agents/core";
import type { FrameWords } from "./framing.ts";
import { framings, Splitter } from "./splitter.ts";

/** One message from a client. Counted from 1 over all connections, in the order in which they reach the proxy. */
export interface WireMessage extends FrameWords {
  n: number;
  /** Counted from 1, too. */
  connection: number;
  bytes: number;
}

/**
 * What becomes of a message. `cut`: the server never sees it, and both ends find the connection reset. `forward-and-cut`:
 * the server gets it and then the end of the connection; the client finds the connection reset, with no answer.
 * `forward-and-keep`: the server gets it, and never hears of the client again, as when its machine loses power.
 */
export type WireVerdict = "forward" | "cut" | "forward-and-cut" | "forward-and-keep";

/** Decides on one message; while it does, this message and what follows it on the same connection wait. */
export type WireAction = (message: WireMessage) => WireVerdict | void | Promise<WireVerdict | void>;

export interface WirePause {
  /** Resolves when the message is held; rejects when the proxy is closed before. */
  readonly reached: Promise<WireMessage>;
  release(verdict?: WireVerdict): void;
}

/**
 * Stands between clients and a server on loopback and counts what clients send. For databases, only for connections
 * without TLS and compression; disposing throws when there was another.
 */
export interface WireProxy extends AsyncDisposable {
  readonly host: "127.0.0.1";
  readonly port: number;
  /** All messages that have come so far; a client's goodbye, for which it waits for no answer, may still be on its way. */
  readonly messages: readonly WireMessage[];
  /** How many connections there have been. */
  readonly connections: number;
  /** The same URL, through the proxy. */
  through(url: string): string;
  /** What to do at the `n`-th message; it must not have come yet. */
  onMessage(n: number, action: WireAction): void;
  /** What to do at the `n`-th from now on of the messages that `isOne` takes. */
  onMessageLike(isOne: (message: WireMessage) => boolean, n: number, action: WireAction): void;
  /** Cuts the connection of the `n`-th message, before the server gets it or after. */
  cutAt(n: number, when?: "before" | "after"): void;
  pauseAt(n: number): WirePause;
  delayAt(n: number, ms: number): void;
  /** Resets every open connection now. */
  cutAll(): void;
}

export interface WireProxyOptions {
  to: { host: string; port: number };
  /** How messages are told apart. */
  engine: keyof typeof framings;
  clock?: Clock;
}

export async function startWireProxy({ to, engine, clock = systemClock }: WireProxyOptions): Promise<WireProxy> {
  const messages: WireMessage[] = [];
  const actions = new Map<number, WireAction>();
  const awaited: { isOne: (message: WireMessage) => boolean; left: number; action: WireAction }[] = [];
  const sockets = new Set<Socket>();
  const unreadable: unknown[] = [];
  const closing = Promise.withResolvers<never>();
  closing.promise.catch(() => {});
  let connections = 0;

  const carry = async (client: Socket) => {
    const connection = ++connections;
    const server = connect({ ...to, noDelay: true });
    for (const socket of [client, server]) {
      sockets.add(socket.on("error", () => {}));
      socket.once("close", () => sockets.delete(socket));
    }
    server.pipe(client);
    server.once("close", (failed) => (failed ? client.resetAndDestroy() : client.destroySoon()));
    const splitter = new Splitter(framings[engine]());
    try {
      for await (const chunk of client.iterator({ destroyOnReturn: false })) {
        for (const { bytes, words } of splitter.push(chunk as Buffer)) {
          const message: WireMessage = { n: messages.length + 1, connection, bytes: bytes.length, ...words };
          messages.push(message);
          const action =
            actions.get(message.n) ?? awaited.find((one) => one.isOne(message) && --one.left === 0)?.action;
          const verdict = action && (await Promise.race([closing.promise, action(message)]));
          if (verdict === "cut") return [client, server].forEach((socket) => socket.resetAndDestroy());
          await forward(server, bytes);
          if (verdict === undefined || verdict === "forward") continue;
          server.unpipe(client).resume();
          if (verdict === "forward-and-cut") server.end();
          return client.resetAndDestroy();
        }
      }
      server.end();
    } catch (error) {
      // a client that was killed ends in a reset; that is what tests do, and no trouble of ours
      if (!(error instanceof Error && "code" in error) && error !== closed) unreadable.push(error);
      for (const socket of [client, server]) socket.resetAndDestroy();
    }
  };

  const closed = new Error("the proxy was closed");
  const listener = createServer({ noDelay: true }, (client) => void carry(client));
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  const { port } = listener.address() as AddressInfo;

  const cutAll = () => sockets.forEach((socket) => socket.resetAndDestroy());
  const onMessage = (n: number, action: WireAction) => {
    if (n <= messages.length) throw new RangeError(`message ${n} has gone by: there were ${messages.length} already`);
    actions.set(n, action);
  };
  return {
    host: "127.0.0.1",
    port,
    messages,
    get connections() {
      return connections;
    },
    through(url) {
      const other = new URL(url);
      other.hostname = "127.0.0.1";
      other.port = String(port);
      return other.href;
    },
    onMessage,
    onMessageLike: (isOne, n, action) => void awaited.push({ isOne, left: n, action }),
    cutAt: (n, when = "before") => onMessage(n, () => (when === "before" ? "cut" : "forward-and-cut")),
    pauseAt(n) {
      const reached = Promise.withResolvers<WireMessage>();
      const released = Promise.withResolvers<WireVerdict>();
      onMessage(n, (message) => {
        reached.resolve(message);
        return released.promise;
      });
      const never = closing.promise.catch(() => {
        throw new Error(`message ${n} never came; there were ${messages.length}`);
      });
      const first = Promise.race([reached.promise, never]);
      first.catch(() => {});
      return { reached: first, release: (verdict = "forward") => released.resolve(verdict) };
    },
    delayAt: (n, ms) => onMessage(n, () => clock.sleep(ms)),
    cutAll,
    async [Symbol.asyncDispose]() {
      closing.reject(closed);
      listener.close();
      for (const socket of sockets) socket.destroy();
      await once(listener, "close");
      if (unreadable.length > 0) throw new AggregateError(unreadable, "the proxy could not read what a client sent");
    },
  };
}

/** Returns once the system has taken the bytes; a server that is gone takes none. */
async function forward(server: Socket, bytes: Buffer): Promise<void> {
  await new Promise<void>((resolve) => {
    server.write(bytes, () => resolve());
  });
}
