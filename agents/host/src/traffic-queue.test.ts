import { expect, test } from "vitest";
import { networkBandwidth } from "./skills/network-bandwidth.ts";
import { handleOf, shapingBatch } from "./traffic-queue.ts";

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

test("bandwidth params have defaults", () => {
  expect(networkBandwidth.params.parse({ rate: "1mbit" })).toMatchObject({ latency: 400, peers: [], ports: [] });
});
