import type { Skill } from "@chaos-agents/core";
import { insertLoad } from "./insert-load.ts";
import { tableLock } from "./table-lock.ts";
import { updateLoad } from "./update-load.ts";

/** Every skill for databases, in the order people read them. A new one is its file and a line here. */
export const skills: readonly Skill[] = [insertLoad, updateLoad, tableLock];
