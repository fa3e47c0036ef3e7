import { setTimeout as delay } from "node:timers/promises";
import type { Random } from "@chaos-agents/core";
import { openStore } from "@chaos-agents/journal";
import { type CrashBed, standingWrite } from "./crash-bed.ts";
import type { CrashChild } from "./crash-child.ts";
import type { Side } from "./crash-spec.ts";

/** One place where a run is killed. */
export interface CrashPoint {
  /** The kind of place; the row in the table. */
  where: string;
  /** The place itself, to find it again. */
  at: string;
  /** In every sample: here the fault stands, or the run is in the middle of what it has to send. */
  always?: boolean;
  /** Runs up to it, looks whether the fault is there, and kills; undefined when the run did not come by. */
  strike(home: string): Promise<boolean | undefined>;
}

const sides: Side[] = ["before", "after"];
const randomMoments = 30;
/** Of a run that sends more, so many are picked. */
const mostMessages = 400;
export const randomMoment = "at a random moment";

export async function crashPoints<P>(bed: CrashBed<P>, random: Random): Promise<CrashPoint[]> {
  return [
    ...writePoints(bed, bed.writes, "", (home, hold) => bed.start({ home, hold })),
    ...(await wirePoints(bed, random)),
    ...Array.from({ length: randomMoments }, () => randomPoint(bed, random.next())),
    ...(await recoveryPoints(bed)),
  ];
}

type StartHolding = (home: string, hold: { write: number | string; side: Side }) => CrashChild | Promise<CrashChild>;

function writePoints<P>(bed: CrashBed<P>, writes: readonly string[], who: string, start: StartHolding): CrashPoint[] {
  const standing = who === "" ? writes.indexOf(standingWrite) : -1;
  return writes.flatMap((kind, i) =>
    sides.map((side) => ({
      where: who === "" ? `${side} ${inWords(kind)}` : `${who}${side} a write`,
      at: `${who}${side} write ${i + 1} (${kind})`,
      always: side === "before" && i === standing,
      async strike(home) {
        await using child = await start(home, { write: i === standing ? standingWrite : i + 1, side });
        if (!(await child.hears("holds"))) return undefined;
        return await bed.lookAndKill(child);
      },
    })),
  );
}

const inWords = (kind: string) =>
  kind.startsWith("event ") ? "an event" : kind.startsWith("undo ") ? `an ${kind}` : "another write";

/** Kills a recovery at each of its own writes, of a run that was killed while its faults stood. */
async function recoveryPoints<P>(bed: CrashBed<P>): Promise<CrashPoint[]> {
  const leaveBehind = async (home: string): Promise<string> => {
    await using child = bed.start({ home, hold: { write: standingWrite, side: "before" } });
    if (!(await child.hears("holds"))) throw new Error(`the run never stood: ${JSON.stringify(await child.ended())}`);
    await child.kill();
    const [left] = await openStore(home).list();
    return left!.run;
  };
  await using home = await bed.home();
  await using child = bed.start({ home: home.path, recover: await leaveBehind(home.path) });
  const { writes } = await child.ended();
  return writePoints(bed, writes, "recovery, ", async (path, hold) =>
    bed.start({ home: path, recover: await leaveBehind(path), hold }),
  );
}

async function wirePoints<P>(bed: CrashBed<P>, random: Random): Promise<CrashPoint[]> {
  const { wire, experiment } = bed.subject;
  if (!wire) return [];
  await using home = await bed.home();
  await using counted = await wire.open();
  await using child = bed.start({ home: home.path, experiment: wire.through(experiment, counted) });
  await child.ended();
  const messages = counted.messages.map(({ n }) => n);
  const middle = messages.length >> 1;
  const rest = messages.filter((n) => n !== middle);
  return [middle, ...random.sample(rest, mostMessages - 1)].flatMap((n) =>
    sides.map((side) => ({
      where: `${side} the server has a message`,
      at: `${side} message ${n}`,
      always: side === "before" && n === middle,
      async strike(path) {
        await using proxy = await wire.open();
        const held = Promise.withResolvers<true>();
        const killed = Promise.withResolvers<"cut" | "forward-and-cut">();
        proxy.onMessage(n, () => {
          held.resolve(true);
          return killed.promise;
        });
        await using running = bed.start({ home: path, experiment: wire.through(experiment, proxy) });
        if (!(await Promise.race([held.promise, running.hears("ended").then(() => undefined)]))) return undefined;
        const landed = await bed.lookAndKill(running);
        killed.resolve(side === "before" ? "cut" : "forward-and-cut");
        return landed;
      },
    })),
  );
}

function randomPoint<P>(bed: CrashBed<P>, part: number): CrashPoint {
  return {
    where: randomMoment,
    at: `after ${part.toFixed(3)} of its time`,
    async strike(home) {
      await using child = bed.start({ home, standFor: bed.ms / 2 });
      await child.hears("began");
      await delay(part * bed.ms * 1.5);
      return await bed.lookAndKill(child);
    },
  };
}
