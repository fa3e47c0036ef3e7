import { execFile } from "node:child_process";
import { randomBytes, randomInt } from "node:crypto";
import { networkInterfaces } from "node:os";
import { promisify } from "node:util";

const run = promisify(execFile);

/** A cable between this machine and a network namespace. It goes with the namespace. */
export interface NamespaceLink {
  /** The address on this machine's side, and on the other. */
  readonly outside: string;
  readonly inside: string;
  /** The interface on this machine's side; inside it is `eth0`. */
  readonly device: string;
  /** Pulls the plug: packets are lost, nobody is told. */
  cut(): Promise<void>;
  mend(): Promise<void>;
  /** Runs a command in the namespace's network, with this machine's files; answers what it printed. */
  run(argv: readonly string[]): Promise<string>;
}

/** Connects the network namespace of this process; addresses from the range that is set aside for benchmarks (RFC 2544). */
export async function linkNamespace(pid: number): Promise<NamespaceLink> {
  const taken = new Set(Object.values(networkInterfaces()).flatMap((all) => all!.map(({ address }) => address)));
  let net: number;
  do net = randomInt(0, 2 ** 15) * 4;
  while (taken.has(addressOf(net + 1)));
  const [outside, inside] = [addressOf(net + 1), addressOf(net + 2)];
  const device = `chaos${randomBytes(4).toString("hex")}`;
  const within = (argv: readonly string[]) => run("nsenter", [`--net=/proc/${pid}/ns/net`, "--", ...argv]);
  await run("ip", ["link", "add", device, "type", "veth", "peer", "name", "eth0", "netns", String(pid)]);
  await run("ip", ["address", "add", `${outside}/30`, "dev", device]);
  await run("ip", ["link", "set", device, "up"]);
  await within(["ip", "address", "add", `${inside}/30`, "dev", "eth0"]);
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

const addressOf = (offset: number) => `198.${18 + (offset >> 16)}.${(offset >> 8) & 255}.${offset & 255}`;
