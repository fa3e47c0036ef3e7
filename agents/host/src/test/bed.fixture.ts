import type { WayIn } from "@chaos-agents/core";
import {
  type HostPhotograph,
  type NamespaceHost,
  hostDifferences,
  photographHost,
  startNamespaceHost,
} from "@chaos-agents/testkit";
import type { Subject } from "@chaos-agents/testkit/contract";
import { hostAgent } from "../index.ts";

const machines = new Map<string, NamespaceHost>();
const waysIn = new Map<string, WayIn>();
let made = 0;

/** The agent, reaching the hosts of these tests by their names. */
export const agent = hostAgent(async ({ host }) => ({
  ...(await machines.get(host)!.open()),
  wayIn: waysIn.get(host) ?? null,
}));

export interface Bed extends Subject<HostPhotograph> {
  readonly machine: NamespaceHost;
  /** A shell line in the host, apart from the product. */
  readonly outside: (script: string) => Promise<string>;
}

/** A host of its own, prepared by a shell line, and a skill's use on it. */
export async function bed(
  params: Record<string, unknown>,
  felt: (outside: (script: string) => Promise<string>) => Promise<boolean>,
  prepare = ":",
  wayIn?: WayIn,
): Promise<Bed> {
  const name = `host-${++made}`;
  const machine = await startNamespaceHost(`${name}:22`);
  machines.set(name, machine);
  if (wayIn) waysIn.set(name, wayIn);
  const outside = (script: string) => machine.outside("sh", "-c", script);
  await outside(prepare);
  return {
    machine,
    outside,
    config: { hosts: [{ host: name, username: "root" }] },
    params,
    observeEffect: () => felt(outside),
    oracle: {
      photograph: () => photographHost((argv) => machine.outside(...argv)),
      differences: hostDifferences,
      patience: 3_000,
    },
    async [Symbol.asyncDispose]() {
      machines.delete(name);
      await machine[Symbol.asyncDispose]();
    },
  };
}
