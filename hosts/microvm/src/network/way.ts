import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { Duplex } from "node:stream";

export interface WayTo {
  readonly host: string;
  readonly port: number;
  /** Where that address exists; null for our own network. */
  readonly namespace: string | null;
}

/** Time for a machine on this very machine to take a connection: one that is not up yet says nothing at all. */
const connectMs = 500;

/**
 * A connection to a machine, wherever its network is. We cannot enter a namespace ourselves, so a small program there
 * holds the socket and we hold its pipes: nothing listens anywhere, and it ends with us.
 */
export async function openWay({ host, port, namespace }: WayTo, signal: AbortSignal): Promise<Duplex> {
  signal.throwIfAborted();
  if (namespace === null) {
    const socket = connect({ host, port, noDelay: true });
    const slow = setTimeout(() => socket.destroy(new Error("it does not answer")), connectMs);
    try {
      await once(socket, "connect", { signal });
      return socket;
    } catch (error) {
      socket.destroy();
      throw error;
    } finally {
      clearTimeout(slow);
    }
  }
  const target = `TCP:${host}:${port},connect-timeout=${connectMs / 1_000},nodelay`;
  const child = spawn("nsenter", [`--net=/run/netns/${namespace}`, "socat", "-", target], {
    stdio: ["pipe", "pipe", "ignore"],
  });
  const way = Duplex.from({ readable: child.stdout, writable: child.stdin });
  child.once("error", (error) => way.destroy(error));
  child.once("exit", () => way.destroy());
  way.once("close", () => child.kill());
  way.on("error", () => {});
  return way;
}
