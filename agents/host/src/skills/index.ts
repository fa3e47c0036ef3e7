import type { Skill } from "@chaos-agents/core";
import { cpuStress } from "./cpu-stress.ts";
import { diskFill } from "./disk-fill.ts";
import { dnsBlackhole } from "./dns-blackhole.ts";
import { dnsSpoof } from "./dns-spoof.ts";
import { memoryStress } from "./memory-stress.ts";
import { networkBandwidth } from "./network-bandwidth.ts";
import { networkCorrupt } from "./network-corrupt.ts";
import { networkDelay } from "./network-delay.ts";
import { networkDuplicate } from "./network-duplicate.ts";
import { networkLoss } from "./network-loss.ts";
import { networkPartition } from "./network-partition.ts";
import { permissionChange } from "./permission-change.ts";
import { portBlock } from "./port-block.ts";
import { serviceStop } from "./service-stop.ts";

/** Every skill of servers, in the order people read them. */
export const skills: readonly Skill[] = [
  diskFill,
  permissionChange,
  serviceStop,
  cpuStress,
  memoryStress,
  networkDelay,
  networkLoss,
  networkCorrupt,
  networkDuplicate,
  networkBandwidth,
  networkPartition,
  portBlock,
  dnsSpoof,
  dnsBlackhole,
];
