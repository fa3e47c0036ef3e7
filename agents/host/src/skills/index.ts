import type { Skill } from "@chaos-agents/core";
import { clockSkew } from "./clock-skew.ts";
import { cpuStress } from "./cpu-stress.ts";
import { cronDisable } from "./cron-disable.ts";
import { diskFill } from "./disk-fill.ts";
import { dnsBlackhole } from "./dns-blackhole.ts";
import { dnsSpoof } from "./dns-spoof.ts";
import { fdExhaust } from "./fd-exhaust.ts";
import { inodeFill } from "./inode-fill.ts";
import { ioStress } from "./io-stress.ts";
import { memoryStress } from "./memory-stress.ts";
import { networkBandwidth } from "./network-bandwidth.ts";
import { networkCorrupt } from "./network-corrupt.ts";
import { networkDelay } from "./network-delay.ts";
import { networkDuplicate } from "./network-duplicate.ts";
import { networkLoss } from "./network-loss.ts";
import { networkPartition } from "./network-partition.ts";
import { permissionChange } from "./permission-change.ts";
import { portBlock } from "./port-block.ts";
import { processKill } from "./process-kill.ts";
import { processPause } from "./process-pause.ts";
import { reboot } from "./reboot.ts";
import { serviceDegrade } from "./service-degrade.ts";
import { serviceRestart } from "./service-restart.ts";
import { serviceStop } from "./service-stop.ts";
import { sysctlChange } from "./sysctl-change.ts";

/** Every skill of servers, in the order people read them. */
export const skills: readonly Skill[] = [
  diskFill,
  permissionChange,
  serviceStop,
  cpuStress,
  memoryStress,
  processKill,
  processPause,
  serviceRestart,
  serviceDegrade,
  inodeFill,
  ioStress,
  fdExhaust,
  clockSkew,
  sysctlChange,
  cronDisable,
  reboot,
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
