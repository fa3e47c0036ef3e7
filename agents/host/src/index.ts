import type { DeclaredAgent } from "@chaos-agents/core";
import { hostConfigSchema } from "./config.ts";
import { cpuStress } from "./skills/cpu-stress.ts";
import { diskFill } from "./skills/disk-fill.ts";
import { memoryStress } from "./skills/memory-stress.ts";
import { permissionChange } from "./skills/permission-change.ts";
import { serviceStop } from "./skills/service-stop.ts";

/** Servers: their files are understood, breaking them is not built yet. */
export const hostAgent: DeclaredAgent = {
  target: "server",
  aliases: ["srv"],
  summary: "Services, disks, processors and memory of Linux servers over SSH",
  config: hostConfigSchema,
  example: {
    hosts: [{ host: "10.0.1.50", username: "chaos", auth: { type: "key", private_key_path: "~/.ssh/id_ed25519" } }],
  },
  skills: [diskFill, permissionChange, serviceStop, cpuStress, memoryStress],
};
