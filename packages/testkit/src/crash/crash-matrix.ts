import { type Random, seededRandom } from "@chaos-agents/core";
import { CrashBed, type CrashSubject } from "./crash-bed.ts";
import { type CrashPoint, crashPoints, randomMoment } from "./crash-points.ts";
import type { CrashCell, CrashReport } from "./crash-table.ts";

export interface CrashMatrix<Photograph> extends CrashSubject<Photograph> {
  /** What is crashed, for the table: `db.table_lock on PostgreSQL 18`. */
  name: string;
  /** How many points to kill at, spread over all kinds of them; CRASH_POINTS (a number, or `all`) when left out. */
  points?: number | "all";
  seed?: number;
  /** Only at these kinds of places, by the words in the table. */
  places?: RegExp;
}

const usualPoints = 20;

/**
 * Kills a run in every way and place, then recovers it in a fresh process, and asks the oracle for residues. The kinds of
 * places: before and after each write to the journal, before and after each message on the wire, at random moments, and at
 * each write of a recovery, where the target does not heal itself. Stops at the first residue: the target is no longer what it was.
 */
export async function crashMatrix<P>(matrix: CrashMatrix<P>): Promise<CrashReport> {
  const random = seededRandom(matrix.seed ?? 1);
  const bed = await CrashBed.make(matrix);
  const all = (await crashPoints(bed, random)).filter(({ where }) => matrix.places?.test(where) ?? true);
  const chosen = spread(all, matrix.points ?? pointsFromEnv(), random);
  const cells = new Map<string, CrashCell>();
  for (const { where } of all) cells.set(where, { where, kills: 0, landed: 0, missed: 0, residues: [] });
  for (const point of chosen) {
    const cell = cells.get(point.where)!;
    await strike(bed, point, cell, random);
    if (cell.residues.length > 0) break;
  }
  return {
    name: matrix.name,
    outOf: all.length,
    cells: [...cells.values()].filter(({ kills, missed }) => kills + missed > 0),
  };
}

async function strike<P>(bed: CrashBed<P>, point: CrashPoint, cell: CrashCell, random: Random): Promise<void> {
  const { subject } = bed;
  await using home = await bed.home();
  await using later = new AsyncDisposableStack();
  const landed = await point.strike(home.path, later);
  if (landed === undefined) cell.missed++;
  else {
    cell.kills++;
    if (landed) cell.landed++;
  }
  if (subject.restart && random.below(4) === 0) await subject.restart();
  const residues = await bed.residuesAfterRecovery(home.path, later);
  cell.residues.push(...residues.map((line) => `${point.at}: ${line}`));
}

/** A sample in which every kind of place has its share, and random moments three. */
function spread(all: readonly CrashPoint[], points: number | "all", random: Random): CrashPoint[] {
  if (points === "all" || points >= all.length) return [...all];
  const chosen = all.filter(({ always }) => always);
  const rest = all.filter(({ always }) => !always);
  const kinds = Map.groupBy(rest, ({ where }) => where);
  const order = [...kinds].flatMap(([where, kind]) => {
    const shuffled = random.sample(kind, kind.length);
    const share = where === randomMoment ? 3 : 1;
    return shuffled.map((point, i) => ({ point, round: Math.floor(i / share) }));
  });
  const shuffled = random.sample(order, order.length).toSorted((a, b) => a.round - b.round);
  return [...chosen, ...shuffled.map(({ point }) => point)].slice(0, points);
}

function pointsFromEnv(): number | "all" {
  const asked = process.env["CRASH_POINTS"];
  return asked === "all" ? "all" : Number(asked ?? usualPoints);
}
