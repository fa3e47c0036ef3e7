import type { Skill } from "@chaos-agents/core";
import { tableLock } from "./table-lock.ts";

/** Every skill for databases, in the order people read them. A new one is its file and a line here. */
export const skills: readonly Skill[] = [tableLock];
