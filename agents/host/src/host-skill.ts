import {
  type BlastCost,
  type Clock,
  type Finding,
  type InjectContext,
  type ResolveContext,
  type Reversal,
  type Skill,
  type SkillContext,
  type Witness,
  ChaosError,
} from "@chaos-agents/core";
import { z } from "zod";
import { type Need, missingNeeds } from "./needs.ts";
import { type WayBack, runnerArgv } from "./runner/runner.ts";
import { type Machine, Servers } from "./target.ts";

const argv = z.array(z.string()).min(1);

/** What goes on disk for every change on a host, whichever skill made it: the way back as data. */
export const hostUndoSchema = z.strictObject({
  host: z.string(),
  run: z.string(),
  mark: z.string(),
  /** Its name on the host; the last one is put back first. */
  id: z.string(),
  asBefore: argv,
  isOurs: argv,
  putBack: argv,
});
export type HostUndo = z.infer<typeof hostUndoSchema>;

/**
 * One change: the way back, and the command that makes it. The command does nothing when the change is there already. What
 * puts back something on a disk syncs it: its record is gone then, and a power cut must not bring back the one alone.
 */
export interface HostChange extends WayBack {
  act: readonly string[];
}

export interface HostThing<Data> {
  key: string;
  label: string;
  undoLabel: string;
  cost?: BlastCost;
  reversal?: Reversal;
  data: Data;
}

/** A machine as a skill sees it: commands as root, and what it can do. */
export interface SkillHost {
  readonly key: string;
  readonly machine: Machine;
  /** Runs a command that only looks, and answers its output. Throws when it fails. */
  look(argv: readonly string[], signal: AbortSignal): Promise<string>;
  /** What the processes that a fault leaves running use: hundredths of a second of processor so far, memory, how many. */
  used(mark: string, signal: AbortSignal): Promise<{ ticks: number; bytes: number; processes: number }>;
}

export interface HostSkill<Params, Data> {
  name: `server.${string}`;
  summary: string;
  effect: string;
  reversal: Reversal;
  reversalNote: string;
  params: z.ZodType<Params>;
  example: Record<string, unknown>;
  /** What a host must have; preflight names the package for each that is missing, on every host. */
  needs?: (params: Params) => readonly Need[];
  undoDeadline?: number;
  /** The exact things to touch on one host. None: this host has nothing to break. */
  resolve(host: SkillHost, params: Params, context: ResolveContext & { servers: Servers }): Promise<HostThing<Data>[]>;
  /** What may go wrong on one host, besides what it lacks. */
  preflight?: (host: SkillHost, things: readonly Data[], params: Params, signal: AbortSignal) => Promise<Finding[]>;
  /** The changes, in order; each is made, and its way back kept, before the next is asked for. */
  changes(host: SkillHost, data: Data, context: InjectContext): AsyncIterable<HostChange> | Iterable<HostChange>;
  /** Looks at the host by a command of its own, or from elsewhere; `records` are those of its changes. */
  witness(host: SkillHost, data: Data, context: SkillContext, records: readonly HostUndo[]): Promise<Witness>;
  /**
   * The fault takes the host away for a while. Nothing stands then that a lease would have to hold, what undoes it waits
   * until the host is back, and other faults' leases take its silence for so many milliseconds as meant.
   */
  away?: number;
}

type OnHost<Data> = { host: string; own: Data };

/** A skill that breaks hosts: every one of them at once, each change with its way back on the host before it is made. */
export function defineHostSkill<Params, Data>(
  skill: HostSkill<Params, Data>,
): Skill<Servers, Params, OnHost<Data>, HostUndo> {
  const { needs, preflight, ...own } = skill;
  const whenThere = async <T>(ask: () => Promise<T>, signal: AbortSignal, clock: Clock): Promise<T> => {
    for (;;) {
      try {
        return await ask();
      } catch (error) {
        if (own.away === undefined || !isUnreachable(error)) throw error;
        await clock.sleep(1_000, signal);
      }
    }
  };
  return {
    name: own.name,
    summary: own.summary,
    effect: own.effect,
    reversal: own.reversal,
    reversalNote: own.reversalNote,
    seen: "effect",
    params: own.params,
    example: own.example,
    undoRecord: hostUndoSchema,
    concurrency: 32,
    ...(own.undoDeadline !== undefined && { undoDeadline: own.undoDeadline }),

    async resolve(servers, params, context) {
      const machines = servers.chosen(context.random);
      const several = servers.machines.size > 1;
      const things = machines.map(async (machine) => {
        const found = await own.resolve(hostOf(machine), params, { ...context, servers });
        return found.map(({ key, data, cost = {}, ...thing }) => ({
          ...thing,
          key: `${machine.key} ${key}`,
          label: several ? `${thing.label} on ${machine.key}` : thing.label,
          undoLabel: several ? `${thing.undoLabel} on ${machine.key}` : thing.undoLabel,
          cost,
          host: machine.key,
          data: { host: machine.key, own: data },
        }));
      });
      return (await Promise.all(things)).flat();
    },

    async preflight(servers, things, params, { signal }) {
      const byHost = Map.groupBy(things, ({ data }) => data.host);
      const findings = [...byHost].map(async ([key, on]) => {
        const host = hostOf(servers.machine(key));
        const missing = missingNeeds(key, (await host.machine.host(signal)).survey, needs?.(params) ?? []);
        if (missing.length > 0) return missing;
        const data = on.map((thing) => thing.data.own);
        return (await preflight?.(host, data, params, signal)) ?? [];
      });
      return (await Promise.all(findings)).flat();
    },

    async *inject(servers, thing, context) {
      const { host: key, own: data } = thing.data;
      const machine = servers.machine(key);
      const lease = machine.lease(context.run);
      const { run, mark, fault, signal } = context;
      let held = false;
      for await (const { act, ...wayBack } of own.changes(hostOf(machine), data, context)) {
        const id = machine.nextChange(fault, context.clock.now());
        yield { record: { host: key, run, mark, id, ...copied(wayBack) } };
        if (own.away !== undefined) lease.expectAway(own.away);
        else if (!held) context.hold(lease.hold(run));
        held = true;
        const { code, killedBy, stderr } = await lease.break({ run, mark, id, wayBack, act }, signal);
        if (code === 0) continue;
        throw new ChaosError("fault-not-landed", `${key}: ${lastLine(stderr) || `it ended with ${killedBy ?? code}`}`, {
          facts: { argv: act, code, killedBy },
        });
      }
    },

    async witness(servers, { data }, records, context) {
      return await own.witness(hostOf(servers.machine(data.host)), data.own, context, [...records]);
    },

    async fence(servers, records, { run, mark, signal }) {
      const hosts = new Set([...records].map(({ host }) => host));
      const fences = [...hosts].map(async (host) => {
        try {
          await servers.machine(host).lease(run).fence(run, [mark], signal);
        } catch (error) {
          // nothing of ours runs on a host that is down; the undo waits for it
          if (own.away === undefined || !isUnreachable(error)) throw error;
        }
      });
      await Promise.all(fences);
    },

    async undo(servers, { host, run, id, ...wayBack }, { signal, clock }) {
      const lease = servers.machine(host).lease(run);
      return await whenThere(() => lease.undo(run, id, wayBack, signal), signal, clock);
    },

    async verify(servers, { host, run, ...wayBack }, { signal, clock }) {
      const lease = servers.machine(host).lease(run);
      const clean = await whenThere(() => lease.isAsBefore(wayBack, signal), signal, clock);
      return clean ? [] : [`${host}: \`${wayBack.asBefore.join(" ").slice(0, 200)}\` says it is not as before`];
    },
  };
}

export const isUnreachable = (error: unknown): boolean =>
  error instanceof ChaosError && error.code === "target-unreachable";

const copied = ({ asBefore, isOurs, putBack }: WayBack) => ({
  asBefore: [...asBefore],
  isOurs: [...isOurs],
  putBack: [...putBack],
});

const lastLine = (text: string) => text.trim().split("\n").at(-1) ?? "";

export function hostOf(machine: Machine): SkillHost {
  const look: SkillHost["look"] = async (argv, signal) => {
    const host = await machine.host(signal);
    const { code, stdout, stderr } = await host.exec(argv, { root: true, signal, timeout: 30_000 });
    if (code === 0) return stdout;
    throw new ChaosError("unsupported", `${machine.key}: ${argv[0]} failed: ${lastLine(stderr) || `exit ${code}`}`);
  };
  return {
    key: machine.key,
    machine,
    look,
    async used(mark, signal) {
      const numbers = (await look(runnerArgv("used", `${mark}/`), signal)).trim().split(" ").map(Number);
      const [ticks, bytes, processes] = numbers as [number, number, number];
      return { ticks, bytes, processes };
    },
  };
}

/** A fixed script with its values bound: no value is ever read by the shell. */
export const sh = (script: string, ...values: readonly (string | number)[]): string[] => [
  "sh",
  "-c",
  script,
  "chaos",
  ...values.map(String),
];
