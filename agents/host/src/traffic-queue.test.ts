import { expect, test } from "vitest";
import { networkBandwidth, tokenBucket } from "./skills/network-bandwidth.ts";
import { netemDelay, networkDelay } from "./skills/network-delay.ts";
import { handleOf, netemOfShare, shapingBatch } from "./traffic-queue.ts";

const all = { interface: "eth0", handle: "1234", peers: [], ports: [], queue: ["netem", "loss", "5%"] };
const exempt = { peer: "10.0.0.9", port: 2_222, family: 4 } as const;

test("everything but neighbours and our way in goes through the queue, and that is switched on last", () => {
  expect(shapingBatch(all, exempt)).toEqual([
    "qdisc add dev eth0 root handle 1234: htb default 1",
    "class add dev eth0 parent 1234: classid 1234:1 htb rate 32gbit burst 1mb cburst 1mb quantum 60000",
    "class add dev eth0 parent 1234: classid 1234:2 htb rate 32gbit burst 1mb cburst 1mb quantum 60000",
    "qdisc add dev eth0 parent 1234:2 netem loss 5%",
    "filter add dev eth0 parent 1234: protocol arp prio 1 u32 match u32 0 0 flowid 1234:1",
    "filter add dev eth0 parent 1234: protocol ipv6 prio 2 u32 match ip6 protocol 58 0xff match u8 0x84 0xfc at 40 flowid 1234:1",
    "filter add dev eth0 parent 1234: protocol ipv6 prio 2 u32 match ip6 protocol 58 0xff match u8 0x88 0xfe at 40 flowid 1234:1",
    "filter add dev eth0 parent 1234: protocol ip prio 3 u32 match ip dst 10.0.0.9/32 match ip protocol 6 0xff match ip sport 2222 0xffff flowid 1234:1",
    "filter add dev eth0 parent 1234: protocol all prio 6 u32 match u32 0 0 flowid 1234:2",
  ]);
});

test("peers and ports are matched in their own family, at both ends, for TCP and UDP", () => {
  const lines = shapingBatch({ ...all, peers: ["10.1.0.0/16", "fd00::1"], ports: [443] }, null).slice(7);
  expect(lines.map((line) => line.replace(/.* protocol (ip\w*) prio \d u32 /, "$1: "))).toEqual([
    "ip: match ip dst 10.1.0.0/16 match ip protocol 6 0xff match ip dport 443 0xffff flowid 1234:2",
    "ip: match ip dst 10.1.0.0/16 match ip protocol 6 0xff match ip sport 443 0xffff flowid 1234:2",
    "ip: match ip dst 10.1.0.0/16 match ip protocol 17 0xff match ip dport 443 0xffff flowid 1234:2",
    "ip: match ip dst 10.1.0.0/16 match ip protocol 17 0xff match ip sport 443 0xffff flowid 1234:2",
    "ipv6: match ip6 dst fd00::1/128 match ip6 protocol 6 0xff match ip6 dport 443 0xffff flowid 1234:2",
    "ipv6: match ip6 dst fd00::1/128 match ip6 protocol 6 0xff match ip6 sport 443 0xffff flowid 1234:2",
    "ipv6: match ip6 dst fd00::1/128 match ip6 protocol 17 0xff match ip6 dport 443 0xffff flowid 1234:2",
    "ipv6: match ip6 dst fd00::1/128 match ip6 protocol 17 0xff match ip6 sport 443 0xffff flowid 1234:2",
  ]);
});

test("a fault has a handle of its own, none that the kernel hands out", () => {
  const handles = Array.from({ length: 1_000 }, (_, n) => handleOf(`chaos/20261122-000000-abcdef/f${n}`));
  expect(handles.filter((handle) => !/^[1-7][0-9a-f]{3}$/.test(handle))).toEqual([]);
  expect(new Set(handles).size).toBeGreaterThan(950);
});

test.for([
  [{ delay: "100ms" }, "limit 100000 delay 100000us"],
  [{ delay: "0.5ms", jitter: "20ms" }, "limit 100000 delay 500us 20000us"],
  [
    { delay: "1s", jitter: "20ms", correlation: "25%", distribution: "pareto" },
    "limit 100000 delay 1000000us 20000us 25% distribution pareto",
  ],
] as const)("a delay %j is netem %s", ([use, words]) => {
  const params = networkDelay.params.parse(use) as Parameters<typeof netemDelay>[0];
  expect(netemDelay(params)).toEqual(["netem", ...words.split(" ")]);
});

test("a share is netem's, with its correlation", () => {
  expect(netemOfShare("loss", "5%")).toEqual(["netem", "loss", "5%"]);
  expect(netemOfShare("duplicate", "0.1%", "25%")).toEqual(["netem", "duplicate", "0.1%", "25%"]);
});

test.for([
  [{ rate: "1mbit" }, 1_500, "tbf rate 1000000bit burst 3028b latency 400000us"],
  [{ rate: "1.5 Gbit", latency: "50ms" }, 1_500, "tbf rate 1500000000bit burst 1875000b latency 50000us"],
  [{ rate: "64kbit" }, 65_536, "tbf rate 64000bit burst 131100b latency 400000us"],
] as const)("a rate %j on an interface with packets of %i is %s", ([use, mtu, words]) => {
  const params = networkBandwidth.params.parse(use) as Parameters<typeof tokenBucket>[0];
  expect(tokenBucket(params, mtu).join(" ")).toBe(words);
});
