import {
  type Catalog,
  type Clock,
  type Experiment,
  type Mark,
  type Sight,
  type UndoResult,
  describeError,
} from "@chaos-agents/core";
import { withDeadline } from "./deadline.ts";
import type { JournalStore, RunSummary } from "./journal-port.ts";
import { newRunId } from "./run-id.ts";
import { TargetPool } from "./target-pool.ts";

const lookDeadline = 30_000;

export interface TargetMarks {
  target: string;
  /** For people; the target's name where it could not be reached. */
  label: string;
  marks: Mark[];
  /** What of ours could be there and not be seen; null where that is nothing, or where we could not look. */
  sight: Sight | null;
  /** Why it could not be looked at, or null. */
  unreachable: string | null;
}

export interface Diagnosis {
  targets: TargetMarks[];
  /** Runs of this machine that left something to undo, live ones included. */
  open: RunSummary[];
}

interface Looking {
  catalog: Catalog;
  clock: Clock;
  signal: AbortSignal;
}

/** Everything of ours that can be seen on an experiment's targets now, and every run the journal still has open. */
export async function diagnose(experiment: Experiment, store: JournalStore, looking: Looking): Promise<Diagnosis> {
  await using targets = poolFor(experiment, looking);
  const found = await Promise.all(Object.keys(experiment.targets).map((name) => look(name, targets, looking)));
  const open = (await store.list()).filter((run) => run.damaged !== null || run.pending > 0);
  return { targets: found, open };
}

export interface Swept {
  target: string;
  key: string;
  detail: string;
  result: UndoResult;
}

/** Removes our marks from an experiment's targets without any journal. What only a journal can undo is said to be left. */
export async function sweep(
  experiment: Experiment,
  looking: Looking,
): Promise<{ swept: Swept[]; targets: TargetMarks[] }> {
  await using pool = poolFor(experiment, looking);
  const swept: Swept[] = [];
  const targets: TargetMarks[] = [];
  for (const name of Object.keys(experiment.targets)) {
    const found = await look(name, pool, looking);
    targets.push(found);
    for (const { key, detail, remove } of found.marks) {
      const work = remove ? withDeadline(`removing ${key}`, lookDeadline, [looking.signal], remove) : needsJournal();
      const result = await work.catch((error: unknown): UndoResult => ({
        outcome: "failed",
        detail: describeError(error),
      }));
      swept.push({ target: name, key, detail, result });
    }
  }
  return { swept, targets };
}

const needsJournal = async (): Promise<UndoResult> => ({
  outcome: "failed",
  detail: "only its run's journal can put this back",
});

const poolFor = (experiment: Experiment, { catalog, clock }: Looking) =>
  new TargetPool(catalog, experiment, newRunId(clock.now()), clock);

async function look(name: string, targets: TargetPool, { signal }: Looking): Promise<TargetMarks> {
  try {
    const target = await targets.get(name, [signal]);
    const marks = await withDeadline(`looking at ${name}`, lookDeadline, [signal], (patience) =>
      target.marks(patience),
    );
    return { target: name, label: target.label, marks, sight: target.sight ?? null, unreachable: null };
  } catch (error) {
    return { target: name, label: name, marks: [], sight: null, unreachable: describeError(error) };
  }
}
