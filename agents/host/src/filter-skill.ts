import { type SkillHost, defineHostSkill, sh } from "./host-skill.ts";
import { type FilterTool, type PacketRule, filterNameOf, filterToolOf, packetFilter } from "./packet-filter.ts";
import { exemptFlow } from "./way-in.ts";
import type { z } from "zod";

export interface FilterSkill<Params> {
  name: `server.${string}`;
  summary: string;
  effect: string;
  params: z.ZodType<Params>;
  example: Record<string, unknown>;
  rules: (params: Params) => PacketRule[];
  sparesLoopback: boolean;
  /** What happens, for people: `cut off from 10.0.0.5`. */
  does: (params: Params) => string;
}

export interface Filtered {
  name: string;
  tool: FilterTool;
  rules: PacketRule[];
  sparesLoopback: boolean;
}

/** A skill that stops packets of the host itself, but never our own, by rules that are all ours. */
export function defineFilterSkill<Params>(skill: FilterSkill<Params>) {
  const { rules, sparesLoopback, does, ...words } = skill;
  return defineHostSkill({
    ...words,
    reversal: "exact",
    reversalNote: "Our rules are taken away; the host's own are never touched.",
    needs: () => [{ command: "nft", orElse: "iptables" }],

    async resolve(host, params: Params, { signal, mark }) {
      const tool = filterToolOf((await host.machine.host(signal)).survey);
      const data: Filtered = { name: filterNameOf(mark), tool, rules: rules(params), sparesLoopback };
      return [{ key: "packets", label: `${does(params)}, by ${tool}`, undoLabel: "remove our packet rules", data }];
    },

    async *changes(host, data, { signal }) {
      yield await filterChange(host, data, signal);
    },

    witness: filterWitness,
  });
}

export const filterChange = async (host: SkillHost, { tool, ...filter }: Filtered, signal: AbortSignal) =>
  packetFilter(tool, { ...filter, exempt: await exemptFlow(host, signal) });

/** The kernel's own list, and how many packets each rule of ours has stopped. */
const listing = `
  if [ "$1" = nft ]; then nft list table inet "$2" 2>/dev/null | grep counter; else
    for table in iptables ip6tables; do
      "$table"-save -c 2>/dev/null | grep -E -e "-A $2_(in|out) .*-j (DROP|REJECT)"
    done
  fi
  :`;

export async function filterWitness(host: SkillHost, { name, tool }: Filtered, { signal }: { signal: AbortSignal }) {
  const lines = (await host.look(sh(listing, tool, name), signal)).split("\n").filter(Boolean);
  const stopped = lines.map((line) => Number(/packets (\d+)|^\[(\d+):/.exec(line)?.slice(1).find(Boolean) ?? 0));
  return {
    landed: lines.length > 0,
    detail: `${lines.length} ${tool} rules have stopped ${stopped.reduce((sum, one) => sum + one, 0)} packets so far`,
  };
}
