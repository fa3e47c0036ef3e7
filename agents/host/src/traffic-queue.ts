import { createHash } from "node:crypto";
import type { HostChange } from "./host-skill.ts";
import { sh } from "./host-skill.ts";
import { parseNetwork } from "./network-params.ts";
import type { ExemptFlow } from "./way-in.ts";

/** What of an interface's outgoing packets goes through a queue of ours. */
export interface Shaped {
  interface: string;
  /** Major number of our queue, by which it is known again. */
  handle: string;
  /** All packets when there are neither peers nor ports. */
  peers: string[];
  ports: number[];
  /** What the packets go through, in tc's words: `netem delay 100ms`. */
  queue: string[];
}

/** Below 8000:, which the kernel hands out itself, and above what people choose. */
export function handleOf(mark: string): string {
  const number = createHash("sha256").update(mark).digest().readUInt16BE();
  return (0x1000 + (number % 0x7000)).toString(16);
}

/** What netem does to a share of the packets. */
export const netemOfShare = (what: "loss" | "corrupt" | "duplicate", share: string, correlation?: string): string[] => [
  "netem",
  what,
  share,
  ...(correlation === undefined ? [] : [correlation]),
];

/** A default of the kernel has the handle 0: and comes back when ours is deleted. */
const rootOf = `root() { tc qdisc show dev "$1" | awk '/ root /{ print $3; exit }'; }`;

const whenFree = `${rootOf}
  now=$(root "$1")
  [ "$now" = "$2:" ] && exit
  [ "$now" = 0: ] || { echo "$1 has a queue set up already (\${now:-none}): by another network fault, or by somebody else" >&2; exit 1; }
  printf '%s\\n' "$3" | tc -batch -`;

/** One tree of ours in place of the interface's default queue. */
export function shapedInterface(shaped: Shaped, exempt: ExemptFlow | null): HostChange {
  const { interface: device, handle } = shaped;
  return {
    asBefore: sh(`${rootOf}\nip link show dev "$1" >/dev/null 2>&1 || exit 0\n[ "$(root "$1")" = 0: ]`, device),
    isOurs: sh(`${rootOf}\n[ "$(root "$1")" = "$2:" ]`, device, handle),
    putBack: ["tc", "qdisc", "del", "dev", device, "root", "handle", `${handle}:`],
    act: sh(whenFree, device, handle, shapingBatch(shaped, exempt).join("\n")),
  };
}

/** Whether this host's tc and kernel can do it: tried on a network of its own that is gone at once. */
export const tryShaping = (shaped: Shaped, exempt: ExemptFlow | null) =>
  sh(
    `command -v unshare >/dev/null && unshare --net true 2>/dev/null || exit 0
    printf '%s\\n' "$1" | unshare --net tc -batch - 2>&1 | head -n 1`,
    shapingBatch({ ...shaped, interface: "lo" }, exempt).join("\n"),
  );

/**
 * Lines for `tc -batch`. Class 1 is untouched and where everything goes until the last lines; class 2 has our queue. Our
 * way in, and what finds neighbours for it, are sorted out first.
 */
export function shapingBatch(shaped: Shaped, exempt: ExemptFlow | null): string[] {
  const { interface: device, handle, queue } = shaped;
  const wide = "htb rate 32gbit burst 1mb cburst 1mb quantum 60000";
  const filter = (protocol: string, prio: number, match: string, into: 1 | 2) =>
    `filter add dev ${device} parent ${handle}: protocol ${protocol} prio ${prio} u32 ${match} flowid ${handle}:${into}`;
  return [
    `qdisc add dev ${device} root handle ${handle}: htb default 1`,
    `class add dev ${device} parent ${handle}: classid ${handle}:1 ${wide}`,
    `class add dev ${device} parent ${handle}: classid ${handle}:2 ${wide}`,
    `qdisc add dev ${device} parent ${handle}:2 ${queue.join(" ")}`,
    filter("arp", 1, everything, 1),
    ...neighbours.map((match) => filter("ipv6", 2, match, 1)),
    ...(exempt ? [filter(exempt.family === 4 ? "ip" : "ipv6", exempt.family === 4 ? 3 : 2, ourFlow(exempt), 1)] : []),
    ...chosen(shaped).map(([protocol, match]) => filter(protocol, { ip: 4, ipv6: 5, all: 6 }[protocol], match, 2)),
  ];
}

const everything = "match u32 0 0";
/** ICMPv6 types 132 to 137: routers and neighbours. */
const neighbours = ["0x84 0xfc", "0x88 0xfe"].map((types) => `match ip6 protocol 58 0xff match u8 ${types} at 40`);

function ourFlow({ peer, port, family }: ExemptFlow): string {
  const [ip, longest] = family === 4 ? ["ip", 32] : ["ip6", 128];
  return `match ${ip} dst ${peer}/${longest} match ${ip} protocol 6 0xff match ${ip} sport ${port} 0xffff`;
}

function chosen({ peers, ports }: Shaped): ["ip" | "ipv6" | "all", string][] {
  if (peers.length === 0 && ports.length === 0) return [["all", everything]];
  const from = peers.length > 0 ? peers.map((peer) => parseNetwork(peer)!) : [anyOf(4), anyOf(6)];
  return from.flatMap(({ address, prefix, family }) => {
    const ip = family === 4 ? "ip" : "ip6";
    const protocol = family === 4 ? "ip" : "ipv6";
    const to = `match ${ip} dst ${address}/${prefix}`;
    if (ports.length === 0) return [[protocol, to]] as ["ip" | "ipv6", string][];
    return ports.flatMap((port) =>
      [6, 17].flatMap((number) =>
        ["dport", "sport"].map((end): ["ip" | "ipv6", string] => [
          protocol,
          `${to} match ${ip} protocol ${number} 0xff match ${ip} ${end} ${port} 0xffff`,
        ]),
      ),
    );
  });
}

const anyOf = (family: 4 | 6) => ({ address: family === 4 ? "0.0.0.0" : "::", prefix: 0, family });
