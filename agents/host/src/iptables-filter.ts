import { type HostChange, sh } from "./host-skill.ts";
import { type PacketFilter, type PacketRule, isFor } from "./packet-filter.ts";

/** Where there is no IPv6, its table cannot be listed. */
const families = `
  rules() { "$1" -w -S 2>/dev/null; }
  has_six() { rules ip6tables >/dev/null; }`;

const create = `${families}
  name=$1
  load() { printf '%s\\n' "$2" | "$1-restore" -w --noflush; }
  rules iptables | grep -qF "$name" && exit
  if has_six; then load ip6tables "$3" || exit; fi
  load iptables "$2"`;

const gone = `${families}
  four=$(rules iptables) || exit
  ! { printf '%s\\n' "$four"; rules ip6tables; } | grep -qF "$1"`;

const remove = `${families}
  name=$1
  for table in iptables ip6tables; do
    rules "$table" | grep -qF "$name" || continue
    for way in in out; do
      if [ $way = in ]; then hook=INPUT; else hook=OUTPUT; fi
      while "$table" -w -D $hook -j "\${name}_$way" 2>/dev/null; do :; done
      "$table" -w -F "\${name}_$way" 2>/dev/null && "$table" -w -X "\${name}_$way"
    done
  done`;

/** For hosts without nft: chains of our own, first in INPUT and OUTPUT of both families. */
export function iptablesFilter(filter: PacketFilter): HostChange {
  const { name } = filter;
  return {
    asBefore: sh(gone, name),
    isOurs: ["true"],
    putBack: sh(remove, name),
    act: sh(create, name, iptablesTable(filter, 4), iptablesTable(filter, 6)),
  };
}

/** As iptables-restore reads it: one transaction. What returns meets the host's own rules after. */
export function iptablesTable({ name, rules, exempt, sparesLoopback }: PacketFilter, family: 4 | 6): string {
  const ways = (["in", "out"] as const).filter((way) => rules.some((rule) => rule.way === way));
  const lines = ways.flatMap((way) => {
    const chain = `${name}_${way}`;
    const [end, port, device] = way === "in" ? ["-s", "--dport", "-i"] : ["-d", "--sport", "-o"];
    return [
      ...(exempt?.family === family
        ? [`-A ${chain} ${end} ${exempt.peer} -p tcp ${port} ${exempt.port} -j RETURN`]
        : []),
      ...(family === 6
        ? [133, 134, 135, 136].map((type) => `-A ${chain} -p icmpv6 --icmpv6-type ${type} -j RETURN`)
        : []),
      ...(sparesLoopback ? [`-A ${chain} ${device} lo -j RETURN`] : []),
      ...rules.filter((rule) => rule.way === way && isFor(rule, family)).map((rule) => `-A ${chain} ${words(rule)}`),
      `-I ${way === "in" ? "INPUT" : "OUTPUT"} 1 -j ${chain}`,
    ];
  });
  return ["*filter", ...ways.map((way) => `:${name}_${way} - [0:0]`), ...lines, "COMMIT"].join("\n");
}

function words({ way, peer, protocol, port, verdict }: PacketRule): string {
  const refuse = protocol === "tcp" ? "REJECT --reject-with tcp-reset" : "REJECT";
  return [
    ...(peer === undefined ? [] : [way === "in" ? "-s" : "-d", peer]),
    ...(port === undefined ? [] : ["-p", protocol, "--dport", port]),
    "-j",
    verdict === "drop" ? "DROP" : refuse,
  ].join(" ");
}
