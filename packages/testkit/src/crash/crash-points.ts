import { setTimeout as delay } from "node:timers/promises";
import type { Random } from "@chaos-agents/core";
import { openStore } from "@chaos-agents/journal";
import { type CrashBed, standingWrite } from "./crash-bed.ts";
import type { CrashChild } from "./crash-child.ts";
import type { Side } from "./crash-spec.ts";
import { wirePoints } from "./wire-points.ts";

/** One place where a run is killed. */
export interface CrashPoint {
  /** The kind of place; the row in the table. */
  where: string;
  /** The place itself, to find it again. */
  at: string;
  /** In every sample: here the fault stands, or is not made yet, or the run is in the middle of what it has to send. */
  always?: boolean;
  /**
   * Runs up to it, looks whether the fault is there, and kills; undefined when the run did not come by. What stands in
   * `later` is done when all is put back.
   */
  strike(home: string, later: AsyncDisposableStack): Promise<boolean | undefined>;
}

const sides: Side[] = ["before", "after"];
const randomMoments = 30;
export const randomMoment = "at a random moment";

export async function crashPoints<P>(bed: CrashBed<P>, random: Random): Promise<CrashPoint[]> {
  return [
    ...writePoints(bed, bed.writes, "", (home, hold) => bed.start({ home, hold })),
    ...(await wirePoints(bed, random)),
    ...Array.from({ length: randomMoments }, () => randomPoint(bed, random.next())),
    ...(bed.subject.healsItself ? [] : await recoveryPoints(bed)),
  ];
}

type StartHolding = (home: string, hold: { write: number | string; side: Side }) => CrashChild | Promise<CrashChild>;

function writePoints<P>(bed: CrashBed<P>, writes: readonly string[], who: string, start: StartHolding): CrashPoint[] {
  const standing = who === "" ? writes.indexOf(standingWrite) : -1;
  const unmade = who === "" ? writes.indexOf("undo record") : -1;
  return writes.flatMap((kind, i) =>
    sides.map((side) => ({
      where: who === "" ? `${side} ${inWords(kind)}` : `${who}${side} a write`,
      at: `${who}${side} write ${i + 1} (${kind})`,
      always: side === "before" && (i === standing || i === unmade),
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
