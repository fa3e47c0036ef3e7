import { type HostChange, sh } from "./host-skill.ts";
import { parseNetwork } from "./network-params.ts";
import type { PacketFilter, PacketRule } from "./packet-filter.ts";

/** One transaction: all of it is there, or nothing. */
const create = `
  nft list table inet "$1" >/dev/null 2>&1 && exit
  printf '%s\\n' "$2" | nft -f -`;

const gone = `
  tables=$(nft list tables) || exit
  ! printf '%s\\n' "$tables" | grep -qxF "table inet $1"`;

export function nftFilter(filter: PacketFilter): HostChange {
  return {
    asBefore: sh(gone, filter.name),
    isOurs: ["nft", "list", "table", "inet", filter.name],
    putBack: ["nft", "delete", "table", "inet", filter.name],
    act: sh(create, filter.name, nftTable(filter)),
  };
}

/** What is accepted here still meets the host's own rules after. */
export function nftTable({ name, rules, exempt, sparesLoopback }: PacketFilter): string {
  const chains = (["in", "out"] as const).flatMap((way) => {
    const own = rules.filter((rule) => rule.way === way);
    if (own.length === 0) return [];
    const ours = exempt && `${exempt.family === 4 ? "ip" : "ip6"} ${end(way)} ${exempt.peer} tcp`;
    return [
      `  chain ${way} {`,
      `    type filter hook ${way}put priority -5; policy accept;`,
      ...(exempt ? [`    ${ours} ${way === "in" ? "dport" : "sport"} ${exempt.port} accept`] : []),
      "    icmpv6 type { nd-router-solicit, nd-router-advert, nd-neighbor-solicit, nd-neighbor-advert } accept",
      ...(sparesLoopback ? [`    ${way === "in" ? "iif" : "oif"} lo accept`] : []),
      ...own.map((rule) => `    ${nftRule(rule)}`),
      "  }",
    ];
  });
  return [`table inet ${name} {`, ...chains, "}"].join("\n");
}

const end = (way: PacketRule["way"]) => (way === "in" ? "saddr" : "daddr");

function nftRule({ way, peer, protocol, port, verdict }: PacketRule): string {
  const refuse = protocol === "tcp" ? "reject with tcp reset" : "reject";
  return [
    ...(peer === undefined ? [] : [parseNetwork(peer)!.family === 4 ? "ip" : "ip6", end(way), peer]),
    ...(port === undefined ? [] : [protocol, "dport", port]),
    "counter",
    verdict === "drop" ? "drop" : refuse,
  ].join(" ");
}
