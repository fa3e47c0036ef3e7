import {
  type Catalog,
  type Clock,
  type Random,
  type Skill,
  type Target,
  type UndoOutcome,
  type UndoResult,
  describeError,
} from "@chaos-agents/core";
import pLimit from "p-limit";
import { withDeadline } from "./deadline.ts";
import type { RunJournal, UndoEntry } from "./journal-port.ts";
import { markOf, skillFor } from "./planning.ts";
import type { RunLog } from "./run-log.ts";
import type { TargetPool } from "./target-pool.ts";

export type OpenUndo = Omit<UndoEntry, "record">;

/** How long the undo of a run is patient. Every wait has an end: an undo never hangs. */
export interface Patience {
  /** For one undo, where its skill does not say. */
  undo: number;
  /** For ending what a killed client left on the server. */
  fence: number;
  /** For a target that does not answer, counted from the first failure. */
  target: number;
}
export const usualPatience: Patience = { undo: 60_000, fence: 30_000, target: 30_000 };

export interface Undoing {
  catalog: Catalog;
  journal: RunJournal;
  log: RunLog;
  clock: Clock;
  random: Random;
  /** The run's own connections; rejects when a target cannot be reached. */
  target(name: string): Promise<Target>;
  /** Connections of their own: for another try, when the first ones may be broken, and for looking from outside. */
  connect(): TargetPool;
  patience: Patience;
  /** Once aborted, failures are no longer tried again. */
  hurry: AbortSignal;
}

export interface Left {
  fault: string;
  undo: number;
  thing: string;
  label: string;
  why: string;
}

/**
 * Undoes what `which` selects, last in first out: first fences every fault, so that nothing of ours still runs, then undoes
 * record by record, then has another look at what failed for as long as the patience lasts. Returns what is left; what
 * lies under a newer change that is not selected stays pending, and is not among it.
 */
export async function undoAll(undoing: Undoing, which: (entry: OpenUndo) => boolean = () => true): Promise<Left[]> {
  const pending = undoing.journal.pending().filter(which);
  const selected = new Set(pending.map(({ undo }) => undo));
  let failures = await undoPass(undoing, pending, { selected, unfenced: await fenceAll(undoing, pending) });
  const started = undoing.clock.monotonic();
  for (let pause = 500; failures.size > 0 && !undoing.hurry.aborted; pause = Math.min(pause * 2, 5_000)) {
    if (undoing.clock.monotonic() - started + pause > undoing.patience.target) break;
    await undoing.clock.sleep(pause, undoing.hurry).catch(() => undefined);
    if (undoing.hurry.aborted) break;
    const again = pending.filter((entry) => failures.has(entry.undo));
    await using targets = undoing.connect();
    const anew = { ...undoing, target: (name: string) => targets.get(name) };
    failures = await undoPass(anew, again, { selected, unfenced: await fenceAll(anew, again) });
  }
  const left: Left[] = [];
  for (const { fault, undo, thing, label } of pending) {
    const why = failures.get(undo);
    if (why === undefined) continue;
    left.push({ fault, undo, thing, label, why });
    await settle(undoing, { fault, undo, thing }, { outcome: "failed", detail: why }, 0);
  }
  return left;
}

/**
 * Looks at everything that was undone once more, from connections that took no part, and for as long as the patience lasts
 * where a target does not answer; returns what can still be seen.
 */
export async function verifyAll(undoing: Undoing, entries: readonly OpenUndo[]): Promise<Left[]> {
  const left: Left[] = [];
  await using targets = undoing.connect();
  const deaf: OpenUndo[] = [];
  const told = async (entry: OpenUndo, residues: string[]) => {
    const { undo, fault, thing, label } = entry;
    await undoing.log.emit({ type: "verified", fault, thing, undo, residues });
    if (residues.length === 0) return;
    const why = residues.join("; ");
    left.push({ fault, undo, thing, label, why });
    await settle(undoing, { fault, undo, thing }, { outcome: "failed", detail: why }, 0);
  };
  for (const entry of entries) {
    const residues = await residuesOf(undoing, entry, targets).catch(() => undefined);
    if (residues) await told(entry, residues);
    else deaf.push(entry);
  }
  const started = undoing.clock.monotonic();
  for (let pause = 500; deaf.length > 0; pause = Math.min(pause * 2, 5_000)) {
    const isLast = undoing.hurry.aborted || undoing.clock.monotonic() - started + pause > undoing.patience.target;
    if (!isLast) await undoing.clock.sleep(pause, undoing.hurry).catch(() => undefined);
    await using anew = undoing.connect();
    for (const entry of deaf.splice(0)) {
      const failed = (error: unknown) => (isLast ? [`could not be verified: ${describeError(error)}`] : undefined);
      const residues = await residuesOf(undoing, entry, anew).catch(failed);
      if (residues) await told(entry, residues);
      else deaf.push(entry);
    }
  }
  return left;
}

async function residuesOf(
  undoing: Undoing,
  { undo, fault, thing, skill: name, target }: OpenUndo,
  targets: TargetPool,
): Promise<string[]> {
  const skill = skillFor(undoing.catalog, name);
  return await withDeadline(`${name}: verifying ${thing}`, undoing.patience.undo, [], async (signal) =>
    skill.verify(await targets.get(target), undoing.journal.entry(undo).record, context(undoing, fault, signal)),
  );
}

/** Ends what we left running on the targets. A fault that cannot be fenced is not undone: its change may still come. */
async function fenceAll(undoing: Undoing, pending: readonly OpenUndo[]): Promise<Map<string, string>> {
  const faults = Map.groupBy(pending, (entry) => entry.fault);
  const unfenced = new Map<string, string>();
  const limit = pLimit(16);
  await Promise.all(
    [...faults].map(([fault, entries]) =>
      limit(async () => {
        const { skill: name, target } = entries[0]!;
        const skill = knownSkill(undoing, name);
        if (!skill?.fence) return;
        const { journal } = undoing;
        const records = {
          *[Symbol.iterator]() {
            for (const { undo } of entries) yield journal.entry(undo).record;
          },
        };
        try {
          await withDeadline(`${name}: ending its sessions`, undoing.patience.fence, [], async (signal) =>
            skill.fence!(await undoing.target(target), records, context(undoing, fault, signal)),
          );
        } catch (error) {
          unfenced.set(fault, describeError(error));
        }
      }),
    ),
  );
  return unfenced;
}

/** Undoes once what is given, newest first. Returns why, for each that could not be undone. */
async function undoPass(
  undoing: Undoing,
  pending: readonly OpenUndo[],
  { selected, unfenced }: { selected: ReadonlySet<number>; unfenced: ReadonlyMap<string, string> },
): Promise<Map<number, string>> {
  const failures = new Map<number, string>();
  const failedThings = new Map<string, OpenUndo>();
  for (const batch of sameFaultInARow(pending)) {
    const limit = pLimit(knownSkill(undoing, batch[0]!.skill)?.concurrency ?? 1);
    const things = Map.groupBy(batch, (entry) => entry.thing);
    await Promise.all(
      [...things.values()].map((entries) =>
        limit(async () => {
          for (const entry of entries) {
            const newer = failedThings.get(changedThing(entry));
            const why =
              unfenced.get(entry.fault) ?? (newer ? waitsFor(newer) : await undoOne(undoing, entry, selected));
            if (why === undefined) continue;
            failures.set(entry.undo, why);
            failedThings.set(changedThing(entry), entry);
          }
        }),
      ),
    );
  }
  return failures;
}

/** A journal may name skills that this version does not have: their undos fail one by one, and stop no other. */
function knownSkill({ catalog }: Undoing, name: string): Skill | undefined {
  try {
    return skillFor(catalog, name);
  } catch {
    return undefined;
  }
}

/** An older change of the same kind is not undone under a newer one that failed: it might put back what the newer one set. */
const changedThing = ({ target, skill, thing }: OpenUndo) => JSON.stringify([target, skill, thing]);

const waitsFor = ({ undo }: OpenUndo) => `waits for undo ${undo} of the same thing`;

const isOver = (outcome: UndoOutcome | null) => outcome !== null && outcome !== "failed";

/** What looks like somebody else's change may be that of a newer fault of ours on the same thing; newest first. */
const newerChanges = ({ journal }: Undoing, { undo, fault, target, thing }: OpenUndo) =>
  journal
    .entries()
    .filter((other) => other.undo > undo && other.fault !== fault && other.target === target && other.thing === thing)
    .reverse();

/** Of these faults, those with no newer change of another fault on the same things, other than of faults among the answer. */
export function unburied(pending: readonly OpenUndo[], faults: ReadonlySet<string>): ReadonlySet<string> {
  const free = new Set(faults);
  const lies = (newer: OpenUndo, older: OpenUndo) =>
    newer.undo > older.undo && newer.target === older.target && newer.thing === older.thing && !free.has(newer.fault);
  for (let before = -1; before !== free.size;) {
    before = free.size;
    for (const older of pending) {
      if (free.has(older.fault) && pending.some((newer) => lies(newer, older))) free.delete(older.fault);
    }
  }
  return free;
}

function* sameFaultInARow(entries: readonly OpenUndo[]): Generator<OpenUndo[]> {
  let batch: OpenUndo[] = [];
  for (const entry of entries) {
    if (batch.length > 0 && batch[0]!.fault !== entry.fault) {
      yield batch;
      batch = [];
    }
    batch.push(entry);
  }
  if (batch.length > 0) yield batch;
}

async function undoOne(undoing: Undoing, entry: OpenUndo, selected: ReadonlySet<number>): Promise<string | undefined> {
  const { undo, fault, thing, label } = entry;
  const started = undoing.clock.monotonic();
  await undoing.log.emit({ type: "undo-started", fault, undo, thing, label });
  let result: UndoResult;
  try {
    result = await askSkill(undoing, entry);
    // A newer change of ours may have been what was in the way, and be gone since.
    if (result.outcome === "conflict" && newerChanges(undoing, entry).length > 0) {
      const [newer] = newerChanges(undoing, entry).filter(({ outcome }) => !isOver(outcome));
      if (newer) return selected.has(newer.undo) ? waitsFor(newer) : await staysUnder(undoing, entry, newer);
      result = await askSkill(undoing, entry);
    }
  } catch (error) {
    return describeError(error);
  }
  if (result.outcome === "failed") return result.detail;
  await settle(undoing, entry, result, undoing.clock.monotonic() - started);
  return undefined;
}

async function askSkill(undoing: Undoing, { undo, fault, thing, skill: name, target }: OpenUndo): Promise<UndoResult> {
  const skill = skillFor(undoing.catalog, name);
  const patience = skill.undoDeadline ?? undoing.patience.undo;
  return await withDeadline(`undo of ${name} on ${thing}`, patience, [], async (signal) =>
    skill.undo(await undoing.target(target), undoing.journal.entry(undo).record, context(undoing, fault, signal)),
  );
}

async function staysUnder({ log }: Undoing, { fault, thing }: OpenUndo, newer: OpenUndo): Promise<undefined> {
  const message = `stays until undo ${newer.undo}, of a newer change to the same thing, is done`;
  await log.emit({ type: "fault-noted", fault, thing, message });
}

async function settle(
  undoing: Undoing,
  { fault, undo, thing }: Pick<OpenUndo, "fault" | "undo" | "thing">,
  { outcome, detail, remains = [] }: UndoResult,
  ms: number,
): Promise<void> {
  await undoing.log.commit({ type: "undo-finished", fault, undo, thing, outcome, detail, remains, ms }, (body) =>
    undoing.journal.settle(undo, outcome, body),
  );
}

function context({ clock, random, journal }: Undoing, fault: string, signal: AbortSignal) {
  const { run } = journal.header;
  return { run, fault, mark: markOf(run, fault), signal, clock, random };
}

export const retryCommand = (run: string) => `chaos recover ${run}`;
