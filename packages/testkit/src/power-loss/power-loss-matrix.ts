import { type Random, seededRandom } from "@chaos-agents/core";
import { CrashBed, type CrashSubject } from "../crash/crash-bed.ts";
import type { CrashCell, CrashReport } from "../crash/crash-table.ts";
import { FailingDisk } from "./failing-disk.ts";

export interface PowerLossMatrix<Photograph> extends CrashSubject<Photograph> {
  name: string;
  /** How often the power goes; POWER_LOSSES when left out. */
  times?: number;
  seed?: number;
  /** The journal's own sync: off, a matrix must find residues, or it proves nothing. */
  sync?: "full" | "off";
}

const usualTimes = 12;

/**
 * Kills runs at seeded writes to their journal, from the first undo record on, and takes the power away from the disk that
 * the journal is on: all that was not synced is gone, or by turns some of it. The target keeps what was done to it, as a
 * server elsewhere would. Then recovers what the disk still knows. Stops at the first residue: the target is no longer
 * what it was.
 */
export async function powerLossMatrix<P>(matrix: PowerLossMatrix<P>): Promise<CrashReport> {
  const bed = await CrashBed.make(matrix);
  const random = seededRandom(matrix.seed ?? 1);
  const times = matrix.times ?? Number(process.env["POWER_LOSSES"] ?? usualTimes);
  const cells = ["all that was not synced is lost", "some of what was not synced is lost"].map((where): CrashCell => ({
    where,
    kills: 0,
    landed: 0,
    missed: 0,
    residues: [],
  }));
  for (let time = 0; time < times; time++) {
    const cell = cells[time % 2]!;
    await loseOnce(bed, cell, { random, lucky: time % 2 === 1, sync: matrix.sync ?? "full" });
    if (cell.residues.length > 0) break;
  }
  return { name: matrix.name, cells, outOf: times };
}

async function loseOnce<P>(
  bed: CrashBed<P>,
  cell: CrashCell,
  { random, lucky, sync }: { random: Random; lucky: boolean; sync: string },
): Promise<void> {
  await using disk = await FailingDisk.make();
  const first = bed.writes.indexOf("undo record");
  const write = first + 1 + random.below(bed.writes.length - first);
  const hold = { write, side: random.below(2) === 0 ? "before" : "after" } as const;
  const env = { ...disk.env, CHAOS_JOURNAL_SYNC: sync };
  await using child = bed.start({ home: disk.directory, hold }, env);
  if (await child.hears("holds")) {
    cell.kills++;
    if (await bed.lookAndKill(child)) cell.landed++;
  } else {
    await child.ended();
    cell.missed++;
  }
  await disk.losePower(lucky ? random.below(2 ** 31) : undefined);
  const residues = await bed.residuesAfterRecovery(disk.directory);
  cell.residues.push(...residues.map((line) => `${hold.side} write ${write}: ${line}`));
}
