import { networkInterfaces } from "node:os";
import { ChaosError } from "@chaos-agents/core";
import { requireCommands, runCommand } from "../commands.ts";
import type { GuestAddress } from "../identity.ts";

/** In QEMU's own network for one machine: the same for all of them. */
export const userAddress: GuestAddress = {
  address: "10.0.2.15",
  prefix: 24,
  netmask: "255.255.255.0",
  gateway: "10.0.2.2",
};

/** A network of two: we are .1, the machine is .2. */
export const linkAddress = (link: number): GuestAddress => ({
  address: `172.16.${link}.2`,
  prefix: 30,
  netmask: "255.255.255.252",
  gateway: `172.16.${link}.1`,
});

const links = Array.from({ length: 254 }, (_, index) => index + 1);

/** The lowest number that no machine here has, and no interface of ours where we share its network. */
export function freeLink(taken: ReadonlySet<number>, namespace: string | null): number {
  const ours = namespace === null ? Object.values(networkInterfaces()).flatMap((list) => list ?? []) : [];
  const free = links.find(
    (link) => !taken.has(link) && !ours.some(({ address }) => address.startsWith(`172.16.${link}.`)),
  );
  if (free !== undefined) return free;
  throw new ChaosError("unsupported", "all 254 networks for machines are taken", {
    remedy: "Remove machines that are no longer needed: chaos vm list",
  });
}

const inside = (namespace: string | null) => (namespace === null ? [] : ["-n", namespace]);

export async function makeTap(device: string, link: number, namespace: string | null, signal: AbortSignal) {
  requireRoot("a TAP network");
  const { prefix, gateway } = linkAddress(link);
  const input = [
    `tuntap add dev ${device} mode tap`,
    `addr add ${gateway}/${prefix} dev ${device}`,
    `link set ${device} up`,
    "",
  ].join("\n");
  await runCommand(["ip", ...inside(namespace), "-batch", "-"], { input, signal });
}

export async function removeTap(device: string, namespace: string | null): Promise<void> {
  await unlessGone(runCommand(["ip", ...inside(namespace), "link", "delete", device]));
}

/** Its machines reach each other, us through `openWay`, and nothing else. */
export async function makeNamespace(name: string, signal: AbortSignal): Promise<void> {
  requireRoot("a network namespace");
  requireCommands("a network namespace", ["ip", "nsenter", "socat"]);
  try {
    await runCommand(["ip", "netns", "add", name], { signal });
  } catch (error) {
    if (!String(error).includes("File exists")) throw error;
  }
  const enter = ["nsenter", `--net=/run/netns/${name}`] as const;
  await Promise.all([
    runCommand(["ip", "-n", name, "link", "set", "lo", "up"], { signal }),
    runCommand([...enter, "sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward"], { signal }),
  ]);
}

export async function removeNamespace(name: string): Promise<void> {
  await unlessGone(runCommand(["ip", "netns", "delete", name]));
}

async function unlessGone(work: Promise<unknown>): Promise<void> {
  await work.catch((error: unknown) => {
    if (!/Cannot find device|No such file or directory|Cannot open network namespace/.test(String(error))) throw error;
  });
}

function requireRoot(what: string): void {
  if (process.getuid?.() === 0) return;
  throw new ChaosError("permission-missing", `${what} takes root`, { remedy: "Run as root, or use network: user" });
}
