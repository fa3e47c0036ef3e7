import type { Finding } from "@chaos-agents/core";
import { z } from "zod";
import { type Filtered, filterChange, filterWitness } from "../filter-skill.ts";
import { type HostThing, type SkillHost, defineHostSkill, sh } from "../host-skill.ts";
import { hostsLine, resolved } from "../hosts-file.ts";
import { hostnameSchema } from "../network-params.ts";
import { filterNameOf, filterToolOf, rulesFor } from "../packet-filter.ts";

type Data = { name: string } | { filtered: Filtered };

const nowhere = "0.0.0.0";

/** To any resolver, plain or by TLS; a resolver on the host itself is one. */
const toResolvers = [
  ...rulesFor({ direction: "out", peers: [], ports: [53], protocols: ["udp", "tcp"], verdict: "drop" }),
  ...rulesFor({ direction: "out", peers: [], ports: [853], protocols: ["tcp", "udp"], verdict: "drop" }),
];

export const dnsBlackhole = defineHostSkill({
  name: "server.dns_blackhole",
  summary: "Let names resolve to nowhere, or no name at all",
  effect:
    "all: every question to a resolver (ports 53 and 853) is lost, and programs wait for answers; DNS over HTTPS still works, and so does what is in /etc/hosts. Names: the C library and systemd-resolved answer 0.0.0.0, where only the host itself could answer; dig and containers are not fooled.",
  reversal: "exact",
  reversalNote: "Our packet rules, or our lines in /etc/hosts, are taken away.",
  params: z.strictObject({
    names: z
      .union([z.literal("all"), z.array(hostnameSchema).min(1)], { error: "write all, or a list of host names" })
      .meta({ description: "Which names; all: no question to any resolver is answered" }),
  }),
  example: { names: ["api.payments.example"] },
  needs: ({ names }) => (names === "all" ? [{ command: "nft", orElse: "iptables" }] : []),

  async resolve(host, { names }, { signal, mark }): Promise<HostThing<Data>[]> {
    if (names !== "all") {
      return [...new Set(names)].map((name) => ({
        key: name,
        label: `let ${name} lead nowhere, by /etc/hosts`,
        undoLabel: `take our line for ${name} out of /etc/hosts`,
        data: { name },
      }));
    }
    const tool = filterToolOf((await host.machine.host(signal)).survey);
    const filtered = { name: filterNameOf(mark), tool, rules: toResolvers, sparesLoopback: false };
    return [
      {
        key: "all",
        label: `lose every question to a resolver, by ${tool}`,
        undoLabel: "remove our packet rules",
        data: { filtered },
      },
    ];
  },

  async preflight(host, _things, { names }, signal) {
    return names === "all" ? await sudoFinding(host, signal) : [];
  },

  async *changes(host, data, { mark, signal }) {
    yield "filtered" in data ? await filterChange(host, data.filtered, signal) : hostsLine(nowhere, data.name, mark);
  },

  async witness(host, data, { signal }) {
    if ("filtered" in data) return await filterWitness(host, data.filtered, { signal });
    const seen = await resolved(host, data.name, signal);
    const words = seen.length > 0 ? `resolves to ${seen.join(", ")}` : "does not resolve";
    return { landed: seen[0] === nowhere, detail: `${data.name} ${words}` };
  },
});

/** sudo looks up the host's own name: where only a resolver knows it, our own commands would take longer than the lease. */
async function sudoFinding(host: SkillHost, signal: AbortSignal): Promise<Finding[]> {
  const { survey } = await host.machine.host(signal);
  if (survey.root !== "sudo") return [];
  const script =
    'name=$(hostname); getent -s files hosts "$name" || getent -s myhostname hosts "$name" || echo "no $name"';
  const [, name] = /^no (.+)$/m.exec(await host.look(sh(script), signal)) ?? [];
  if (name === undefined) return [];
  return [
    {
      level: "error",
      code: "self-harm",
      message: `${host.key}: only a resolver knows its own name ${name}, which sudo asks for with each of our commands`,
      remedy: `Add ${name} to its /etc/hosts, or log in as root`,
    },
  ];
}
