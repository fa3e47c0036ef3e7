import { expect, test } from "vitest";
import { iptablesTable } from "./iptables-filter.ts";
import { nftTable } from "./nft-filter.ts";
import { filterNameOf, rulesFor } from "./packet-filter.ts";

const exempt = { peer: "10.0.0.9", port: 22, family: 4 } as const;
const partition = {
  name: "chaos_x",
  exempt,
  sparesLoopback: true,
  rules: rulesFor({
    direction: "both",
    peers: ["10.1.0.0/16", "fd00::1"],
    ports: [],
    protocols: ["tcp", "udp"],
    verdict: "drop",
  }),
};
const block = {
  name: "chaos_x",
  exempt: { peer: "fd00::9", port: 22, family: 6 } as const,
  sparesLoopback: false,
  rules: rulesFor({ direction: "in", peers: [], ports: [80], protocols: ["tcp", "udp"], verdict: "refuse" }),
};
const neighbours =
  "icmpv6 type { nd-router-solicit, nd-router-advert, nd-neighbor-solicit, nd-neighbor-advert } accept";
const lines = (text: string) => text.split("\n").map((line) => line.trim());

test("nft: our way in comes before what is dropped, in each direction", () => {
  expect(lines(nftTable(partition))).toEqual([
    "table inet chaos_x {",
    "chain in {",
    "type filter hook input priority -5; policy accept;",
    "ip saddr 10.0.0.9 tcp dport 22 accept",
    neighbours,
    "iif lo accept",
    "ip saddr 10.1.0.0/16 counter drop",
    "ip6 saddr fd00::1 counter drop",
    "}",
    "chain out {",
    "type filter hook output priority -5; policy accept;",
    "ip daddr 10.0.0.9 tcp sport 22 accept",
    neighbours,
    "oif lo accept",
    "ip daddr 10.1.0.0/16 counter drop",
    "ip6 daddr fd00::1 counter drop",
    "}",
    "}",
  ]);
});

test("nft: one direction is one chain, and refusing is said in each protocol's way", () => {
  expect(lines(nftTable(block))).toEqual([
    "table inet chaos_x {",
    "chain in {",
    "type filter hook input priority -5; policy accept;",
    "ip6 saddr fd00::9 tcp dport 22 accept",
    neighbours,
    "tcp dport 80 counter reject with tcp reset",
    "udp dport 80 counter reject",
    "}",
    "}",
  ]);
});

test("iptables: the same, each family in its own table", () => {
  expect(lines(iptablesTable(partition, 4))).toEqual([
    "*filter",
    ":chaos_x_in - [0:0]",
    ":chaos_x_out - [0:0]",
    "-A chaos_x_in -s 10.0.0.9 -p tcp --dport 22 -j RETURN",
    "-A chaos_x_in -i lo -j RETURN",
    "-A chaos_x_in -s 10.1.0.0/16 -j DROP",
    "-I INPUT 1 -j chaos_x_in",
    "-A chaos_x_out -d 10.0.0.9 -p tcp --sport 22 -j RETURN",
    "-A chaos_x_out -o lo -j RETURN",
    "-A chaos_x_out -d 10.1.0.0/16 -j DROP",
    "-I OUTPUT 1 -j chaos_x_out",
    "COMMIT",
  ]);
  expect(lines(iptablesTable(block, 6))).toEqual([
    "*filter",
    ":chaos_x_in - [0:0]",
    "-A chaos_x_in -s fd00::9 -p tcp --dport 22 -j RETURN",
    ...[133, 134, 135, 136].map((type) => `-A chaos_x_in -p icmpv6 --icmpv6-type ${type} -j RETURN`),
    "-A chaos_x_in -p tcp --dport 80 -j REJECT --reject-with tcp-reset",
    "-A chaos_x_in -p udp --dport 80 -j REJECT",
    "-I INPUT 1 -j chaos_x_in",
    "COMMIT",
  ]);
});

test("a name is short enough for a chain of iptables", () => {
  expect(`${filterNameOf("chaos/20261122-000000-abcdef/a-long-name-of-a-fault")}_out`.length).toBeLessThanOrEqual(28);
});
