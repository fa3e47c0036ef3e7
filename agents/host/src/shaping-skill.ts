import { type Finding, ChaosError } from "@chaos-agents/core";
import { z } from "zod";
import { type SkillHost, defineHostSkill, sh } from "./host-skill.ts";
import { interfaceSchema, parseNetwork, peersSchema, portsSchema } from "./network-params.ts";
import { handleOf, shapedInterface, tryShaping } from "./traffic-queue.ts";
import { exemptFlow } from "./way-in.ts";

/** Which packets a shaping skill is about; the same for all of them. */
export const whereShape = {
  interface: interfaceSchema
    .optional()
    .meta({ description: "Which interface; the one that leads to the peers, or to everywhere, when left out" }),
  peers: peersSchema
    .default([])
    .meta({ description: "Only packets to these addresses or networks; to all when left out" }),
  ports: portsSchema
    .default([])
    .meta({ description: "Only TCP and UDP packets to or from these ports; all packets when left out" }),
};

interface Where {
  interface?: string | undefined;
  peers: string[];
  ports: number[];
}

export interface ShapingSkill<Params extends Where> {
  name: `server.${string}`;
  summary: string;
  effect: string;
  params: z.ZodType<Params>;
  example: Record<string, unknown>;
  /** What the packets go through, in tc's words. */
  queue: (params: Params, mtu: number) => string[];
  /** What happens to packets, for people: `delay packets by 100ms`. */
  does: (params: Params) => string;
  /** Milliseconds that a round trip takes at least. */
  roundTrip?: (params: Params) => number;
}

/** A skill that sends an interface's outgoing packets, all but our own, through a queue of ours. */
export function defineShapingSkill<Params extends Where>(skill: ShapingSkill<Params>) {
  const { queue, does, roundTrip, ...words } = skill;
  return defineHostSkill({
    ...words,
    reversal: "exact",
    reversalNote: "Our queue is taken away, and the kernel gives the interface its default queue back.",
    needs: () => [{ command: "tc" }, { command: "ip" }],

    async resolve(host, params: Params, { signal, mark }) {
      const found = await interfacesFor(host, params, signal);
      return [...found].map(([device, { peers, mtu }]) => {
        const only = [
          ...(peers.length > 0 ? [` to ${peers.join(", ")}`] : []),
          ...(params.ports.length > 0 ? [` of port ${params.ports.join(", ")}`] : []),
        ].join("");
        const data = {
          interface: device,
          handle: handleOf(mark),
          peers,
          ports: params.ports,
          queue: queue(params, mtu),
        };
        return {
          key: device,
          label: `${does(params)}${only} that leave by ${device}`,
          undoLabel: `give ${device} its default queue back`,
          data: { ...data, atLeast: roundTrip?.(params) ?? 0 },
        };
      });
    },

    async preflight(host, things, _params, signal) {
      const exempt = await exemptFlow(host, signal);
      const findings: Finding[] = [];
      for (const shaped of things) {
        const root = (await host.look(["tc", "qdisc", "show", "dev", shaped.interface], signal)).match(
          /^qdisc (\S+) (\S+) root/m,
        );
        if (root?.[2] !== "0:") {
          findings.push({
            level: "error",
            code: "unsupported",
            message: `${host.key}: ${shaped.interface} has a queue that somebody set up (${root ? `${root[1]} ${root[2]}` : "unknown"}), by hand or by another network fault: we could not put it back`,
            remedy: "Choose another interface, or wait until that fault is over",
          });
        }
        const problem = (await host.look(tryShaping(shaped, exempt), signal)).trim();
        if (problem !== "") {
          findings.push({
            level: "error",
            code: "unsupported",
            message: `${host.key}: its kernel or tc cannot do \`${shaped.queue.join(" ")}\`: ${problem}`,
            remedy: `Load or install the modules sch_${shaped.queue[0]}, sch_htb and cls_u32, or update iproute2`,
          });
        }
      }
      return findings;
    },

    async *changes(host, shaped, { signal }) {
      yield shapedInterface(shaped, await exemptFlow(host, signal));
    },

    async witness(host, shaped, { signal }) {
      const { interface: device, handle, queue, atLeast } = shaped;
      const answer = await host.look(sh(roundTripScript, device, await someoneBehind(host, shaped, signal)), signal);
      const ours = new RegExp(`^qdisc \\S+ \\S+ parent ${handle}:2\\b.*\\n.* (\\d+) pkt`, "m").exec(answer);
      if (!ours) return { landed: false, detail: `${device} has no queue of ours` };
      const average = /= [\d.]+\/([\d.]+)\//.exec(answer)?.[1];
      const measured = average === undefined ? "" : `; a round trip takes ${average} ms`;
      return {
        landed: average === undefined || Number(average) >= atLeast,
        detail: `${device}: ${ours[1]} packets so far went through ${queue.join(" ")}${measured}`,
      };
    },
  });
}

/** Nobody has to answer, and ping may be missing. */
const roundTripScript = `
  [ -z "$2" ] || ping -n -q -c 3 -i 0.3 -W 2 -- "$2" 2>/dev/null
  tc -s qdisc show dev "$1"`;

/** Whose answers to a ping pass our queue: a single peer, or the gateway. */
async function someoneBehind(
  host: SkillHost,
  where: { interface: string; peers: string[]; ports: number[] },
  signal: AbortSignal,
) {
  if (where.ports.length > 0) return "";
  const single = where.peers
    .map((peer) => parseNetwork(peer)!)
    .find(({ prefix, family }) => prefix === (family === 4 ? 32 : 128));
  if (single) return single.address;
  if (where.peers.length > 0) return "";
  const routes = await host.look(["ip", "-o", "route", "show", "default", "dev", where.interface], signal);
  return /\bvia (\S+)/.exec(routes)?.[1] ?? "";
}

async function interfacesFor(host: SkillHost, params: Where, signal: AbortSignal) {
  const peersOf = new Map<string, string[]>();
  if (params.interface !== undefined) peersOf.set(params.interface, params.peers);
  else
    for (const peer of params.peers) {
      const device = await routeTo(host, peer, signal);
      peersOf.set(device, [...(peersOf.get(device) ?? []), peer]);
    }
  if (peersOf.size === 0) peersOf.set(await defaultInterface(host, signal), []);
  const found = new Map<string, { peers: string[]; mtu: number }>();
  for (const [device, peers] of peersOf) {
    const link = await host.look(["ip", "-o", "link", "show", "dev", device], signal);
    found.set(device, { peers, mtu: Number(/\bmtu (\d+)/.exec(link)?.[1] ?? 1_500) });
  }
  return found;
}

async function routeTo(host: SkillHost, peer: string, signal: AbortSignal): Promise<string> {
  const { address, prefix } = parseNetwork(peer)!;
  if (prefix === 0) return await defaultInterface(host, signal);
  const device = /\bdev (\S+)/.exec(await host.look(["ip", "-o", "route", "get", address], signal))?.[1];
  if (device !== undefined && device !== "lo") return device;
  throw new ChaosError("unsupported", `${host.key}: ${peer} is the host itself`, {
    remedy: "Name other machines; for the host's talk with itself give interface: lo",
  });
}

async function defaultInterface(host: SkillHost, signal: AbortSignal): Promise<string> {
  const routes = await host.look(sh("ip -o route show default; ip -o -6 route show default 2>/dev/null || :"), signal);
  const device = /\bdev (\S+)/.exec(routes)?.[1];
  if (device !== undefined) return device;
  throw new ChaosError("unsupported", `${host.key} has no default route`, { remedy: "Give an interface, or peers" });
}
