import { ChaosError, type InjectContext, type UndoId, type UndoStep, counted } from "@chaos-agents/core";
import { tableKey } from "../choose-tables.ts";
import type { Database } from "../database.ts";
import type { Column, Table } from "../schema.ts";
import type { Session } from "../session.ts";
import type { ChangedRows, ChangesWanted } from "./changed-rows.ts";
import { columnsOf } from "./key-condition.ts";
import { Refusals } from "./refusals.ts";
import { changeableColumns, restorableColumns } from "./row-changes.ts";

const mostChanged = 3;

/** What will be changed, and how its values come about. */
export interface Changing {
  session: Session;
  table: Table;
  key: Column[];
  /** What is changed, and what is put back: more, where the server changes more. */
  columns: Column[];
  restored: Column[];
  /** Columns whose values may be made up; the others take another row's. */
  free: readonly Column[];
}

export function changingOf(
  session: Session,
  table: Table,
  named: string[] | undefined,
  { random }: InjectContext,
): Changing {
  const { open, free } = changeableColumns(table);
  const columns = named ? columnsOf(table, named) : random.sample(free.length > 0 ? free : open, mostChanged);
  return {
    session,
    table,
    key: columnsOf(table, table.keys[0]!),
    columns,
    restored: restorableColumns(table, columns),
    free,
  };
}

/** How an engine takes groups of rows, smaller ones too, and changes them in a transaction each. */
export interface GroupChanges<Group, Changes extends ChangedRows> {
  groups: AsyncIterable<Group>;
  sizeOf: (group: Group) => number;
  halve: (group: Group) => [Group, Group];
  /** Returns how many rows it changed: those that others have locked are passed over. */
  change: (group: Group) => AsyncGenerator<UndoStep<Changes>, number, UndoId>;
}

/** Changes group after group. One that the server refuses is rolled back and halved, down to the rows that cannot be changed. */
export async function* changeGroups<Group, Changes extends ChangedRows>(
  database: Database,
  { session, table, columns, free }: Changing,
  { rows }: ChangesWanted,
  { groups, sizeOf, halve, change }: GroupChanges<Group, Changes>,
  { signal, progress, note }: InjectContext,
): AsyncGenerator<UndoStep<Changes>, void, UndoId> {
  const refusals = new Refusals();
  // a row alone has no other one to take its values from
  const least = columns.some((column) => free.includes(column)) ? 1 : 2;
  let done = 0;
  let passedOver = 0;
  for await (const picked of groups) {
    const waiting = [picked as Group];
    for (let group = waiting.pop(); group !== undefined; group = waiting.pop()) {
      try {
        const changed = yield* change(group);
        done += changed;
        passedOver += sizeOf(group) - changed;
        progress(done, rows, "rows");
      } catch (error) {
        const why = database.refusal(error);
        const ofRows = refusals.isOfRows(why);
        if (!ofRows && why !== "lock-timeout" && why !== "deadlock") throw error;
        await session.query("ROLLBACK", [], { signal });
        const parts = ofRows && sizeOf(group) > 1 ? halve(group).toReversed() : [];
        const again = parts.filter((part) => sizeOf(part) >= least);
        waiting.push(...again);
        const left = again.reduce((size, part) => size - sizeOf(part), sizeOf(group));
        if (left > 0) refusals.note(error, left);
      }
      if (refusals.areHopeless(done) || refusals.areTooMany) break;
    }
    if (refusals.areHopeless(done) || refusals.areTooMany) break;
  }
  const gaveUp = refusals.areTooMany ? "; no more were tried" : "";
  if (refusals.rows > 0) note(`the server refused ${refusals.describe()}${gaveUp}`);
  if (passedOver > 0) note(`${counted(passedOver, "row")} left out: others had locked or deleted them`);
  if (done > 0) return;
  const why = refusals.rows > 0 ? refusals.describe() : passedOver > 0 ? "others had locked them" : "it has none";
  throw new ChaosError("fault-not-landed", `no row of ${tableKey(table)} could be changed: ${why}`, {
    remedy: "leave it out of tables, or give it rows before the experiment",
  });
}
