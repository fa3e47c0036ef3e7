import type { Skill } from "@chaos-agents/core";
import { cpuStress } from "./cpu-stress.ts";
import { diskFill } from "./disk-fill.ts";
import { memoryStress } from "./memory-stress.ts";
import { permissionChange } from "./permission-change.ts";
import { serviceStop } from "./service-stop.ts";

/** Every skill of servers, in the order people read them. */
export const skills: readonly Skill[] = [diskFill, permissionChange, serviceStop, cpuStress, memoryStress];
