import type { Skill } from "@chaos-agents/core";
import { configChange } from "./config-change.ts";
import { connectionFlood } from "./connection-flood.ts";
import { deadlock } from "./deadlock.ts";
import { idleInTransaction } from "./idle-in-transaction.ts";
import { indexDrop } from "./index-drop.ts";
import { insertLoad } from "./insert-load.ts";
import { rowLock } from "./row-lock.ts";
import { selectLoad } from "./select-load.ts";
import { sessionKill } from "./session-kill.ts";
import { slowQuery } from "./slow-query.ts";
import { tableLock } from "./table-lock.ts";
import { updateLoad } from "./update-load.ts";

/** Every skill for databases, in the order people read them. A new one is its file and a line here. */
export const skills: readonly Skill[] = [
  insertLoad,
  updateLoad,
  selectLoad,
  configChange,
  tableLock,
  rowLock,
  connectionFlood,
  idleInTransaction,
  slowQuery,
  deadlock,
  sessionKill,
  indexDrop,
];
