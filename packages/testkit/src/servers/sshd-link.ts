import { execFile } from "node:child_process";
import { randomBytes, randomInt } from "node:crypto";
import { networkInterfaces } from "node:os";
import { promisify } from "node:util";

const run = promisify(execFile);

/** A cable between this machine and a network namespace. It goes with the namespace. */
export interface NamespaceLink {
  /** The address on this machine's side, and those on the other. */
  readonly outside: string;
  readonly inside: readonly string[];
  /** The interface on this machine's side; inside it is `eth0`. */
  readonly device: string;
  /** Pulls the plug: packets are lost, nobody is told. */
  cut(): Promise<void>;
  mend(): Promise<void>;
  /** Runs a command in the namespace's network, with this machine's files; answers what it printed. */
  run(argv: readonly string[]): Promise<string>;
}

/** Connects the network namespace of this process; addresses from the range that is set aside for benchmarks (RFC 2544). */
export async function linkNamespace(pid: number, addresses: number): Promise<NamespaceLink> {
  const taken = new Set(Object.values(networkInterfaces()).flatMap((all) => all!.map(({ address }) => address)));
  let net: number;
  do net = randomInt(0, 2 ** 9);
  while (taken.has(addressOf(net, 1)));
  const outside = addressOf(net, 1);
  const inside = Array.from({ length: addresses }, (_, i) => addressOf(net, i + 2));
  const device = `chaos${randomBytes(4).toString("hex")}`;
  const within = (argv: readonly string[]) => run("nsenter", [`--net=/proc/${pid}/ns/net`, "--", ...argv]);
  await run("ip", ["link", "add", device, "type", "veth", "peer", "name", "eth0", "netns", String(pid)]);
  await run("ip", ["address", "add", `${outside}/24`, "dev", device]);
  await run("ip", ["link", "set", device, "up"]);
  const adding = inside.map((address) => `ip address add ${address}/24 dev eth0\n`).join("");
  await within(["sh", "-ec", adding]);
  await within(["ip", "link", "set", "eth0", "up"]);
  return {
    outside,
    inside,
    device,
    cut: async () => void (await run("ip", ["link", "set", device, "down"])),
    mend: async () => void (await run("ip", ["link", "set", device, "up"])),
    run: async (argv) => (await within(argv)).stdout,
  };
}

const addressOf = (net: number, host: number) => `198.${18 + (net >> 8)}.${net & 255}.${host}`;
