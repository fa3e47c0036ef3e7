import type { Duplex } from "node:stream";
import type { Clock } from "@chaos-agents/core";
import ssh2, { type Client } from "ssh2";
import type { MachineIdentity } from "./identity.ts";
import { openWay, type WayTo } from "./network/way.ts";

/** Asks until the machine with exactly this identity runs the command; answers what it printed. */
export async function untilAnswered(
  to: WayTo,
  identity: MachineIdentity,
  command: string,
  clock: Clock,
  signal: AbortSignal,
): Promise<string> {
  // A connection made too early may hang in the guest's or QEMU's retransmissions: then a new one is quicker.
  for (let patience = 1_000; ; patience = Math.min(patience * 1.5, 10_000)) {
    const answer = await ask(to, identity, command, patience, signal).catch(() => undefined);
    signal.throwIfAborted();
    if (answer !== undefined) return answer;
    await clock.sleep(20, signal);
  }
}

async function ask(to: WayTo, identity: MachineIdentity, command: string, patience: number, signal: AbortSignal) {
  const way = await openWay(to, signal);
  const client = new ssh2.Client();
  const end = () => way.destroy();
  signal.addEventListener("abort", end, { once: true });
  try {
    if (!(await says(way, patience))) return undefined;
    await logIn(client, way, identity);
    return await run(client, command);
  } finally {
    signal.removeEventListener("abort", end);
    client.destroy();
    way.destroy();
  }
}

/** Whether it says anything within that time. */
async function says(way: Duplex, patience: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const heard = () => resolve(way.readableLength > 0);
  const over = () => resolve(false);
  const late = setTimeout(over, patience);
  way.once("readable", heard);
  way.once("close", over);
  way.once("error", over);
  try {
    return await promise;
  } finally {
    clearTimeout(late);
    way.off("readable", heard).off("close", over).off("error", over);
  }
}

function logIn(client: Client, sock: Duplex, identity: MachineIdentity): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const key = Buffer.from(identity.hostKey.public.split(" ")[1]!, "base64");
  client.once("ready", resolve);
  client.on("error", reject);
  client.once("close", () => reject(new Error("it hung up")));
  client.connect({
    sock,
    username: "root",
    privateKey: identity.clientKey.private,
    hostVerifier: (shown: Buffer) => shown.equals(key),
    readyTimeout: 30_000,
    // The command may take long, but not because nobody is there any more.
    keepaliveInterval: 5_000,
    keepaliveCountMax: 3,
  });
  return promise;
}

function run(client: Client, command: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  client.once("close", () => reject(new Error("it hung up")));
  client.exec(command, (error, channel) => {
    if (error) return reject(error);
    let said = "";
    channel.on("data", (chunk: Buffer) => (said += chunk.toString()));
    channel.stderr.resume();
    channel.once("close", () => resolve(said));
  });
  return promise;
}
