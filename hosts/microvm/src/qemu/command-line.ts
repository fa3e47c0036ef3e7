import { join } from "node:path";
import { ChaosError } from "@chaos-agents/core";
import type { MachinePlan } from "../driver.ts";

export type Accelerator = "kvm" | "tcg";

/** What the monitor keeps in a machine's folder. */
export const filesOf = (folder: string) => ({
  pid: join(folder, "qemu.pid"),
  log: join(folder, "qemu.log"),
  console: join(folder, "console.log"),
  qmp: join(folder, "qmp"),
  identity: join(folder, "identity"),
});

/**
 * Quick to boot, and no more on the console than what somebody has to know. SELinux, TOMOYO and AppArmor would have no
 * policy.
 */
export const kernelArguments =
  "console=ttyS0 tsc=reliable quiet loglevel=3 systemd.show_status=0 audit=0 lsm=landlock,yama,bpf cryptomgr.notests no_timer_check rcupdate.rcu_expedited=1 init_on_alloc=0 mitigations=off reboot=t panic=-1";

/**
 * The older `pc` has its interrupt routing as a program, which an emulated CPU runs for a third of a second for each
 * device; here it is a table.
 */
export const machineType = "q35,sata=off,smbus=off,usb=off";

/** The emulated CPU is the newest that is quick and sound without hardware's help. */
export const machineArguments = (accelerator: Accelerator): string[] =>
  [
    ["-nodefaults", "-no-user-config"],
    ["-display", "none"],
    ["-smp", "1"],
    accelerator === "kvm" ? ["-accel", "kvm", "-cpu", "host"] : ["-accel", "tcg,thread=multi", "-cpu", "Nehalem-v1"],
  ].flat();

/** A path among options that are divided by commas. */
const inOptions = (path: string) => path.replaceAll(",", ",,");

export interface CommandLineOptions {
  accelerator: Accelerator;
  /** `boot` writes into the memory's file, so that it can be kept; `restore` only reads it and waits for its state. */
  start: "boot" | "restore";
}

export function qemuCommandLine(plan: MachinePlan, { accelerator, start }: CommandLineOptions): string[] {
  const files = filesOf(plan.folder);
  for (const path of [files.qmp, files.identity]) requireShort(path);
  const { memoryFile } = plan;
  const sharing = start === "boot" ? "on" : "off";
  const memory =
    memoryFile === null
      ? ["-M", machineType]
      : [
          ["-M", `${machineType},memory-backend=memory`],
          "-object",
          `memory-backend-file,id=memory,size=${plan.memoryMb}M,mem-path=${inOptions(memoryFile)},share=${sharing}`,
        ].flat();
  const network =
    plan.network.kind === "tap"
      ? `tap,id=network,ifname=${plan.network.device},script=no,downscript=no`
      : // restrict: nothing of the guest's reaches this machine or what is behind it
        "user,id=network,restrict=on,hostfwd=tcp:127.0.0.1:0-:22";
  const identity = [
    ["-device", "virtio-serial-pci"],
    ["-chardev", `socket,id=identity,path=${inOptions(files.identity)},server=on,wait=off`],
    ["-device", "virtserialport,chardev=identity,name=chaos.identity"],
  ].flat();
  const qemu = [
    ["qemu-system-x86_64", "-name", plan.id],
    machineArguments(accelerator),
    ["-m", String(plan.memoryMb)],
    memory,
    ["-kernel", plan.kernel],
    ["-initrd", plan.initramfs],
    ["-append", memoryFile === null ? kernelArguments : `${kernelArguments} chaos.template`],
    // unsafe: the disk is thrown away with the machine, so nobody waits for this machine's own
    ["-drive", `file=${inOptions(plan.disk)},if=none,id=disk,format=qcow2,cache=unsafe`],
    ["-device", "virtio-blk-pci,drive=disk"],
    ["-netdev", network],
    ["-device", "virtio-net-pci,netdev=network,romfile="],
    ["-device", "virtio-rng-pci"],
    memoryFile === null ? [] : identity,
    ["-serial", `file:${files.console}`],
    ["-qmp", `unix:${inOptions(files.qmp)},server=on,wait=off`],
    ["-pidfile", files.pid],
    start === "restore" ? ["-incoming", "defer"] : [],
  ].flat();
  return plan.namespace === null ? qemu : ["nsenter", `--net=/run/netns/${plan.namespace}`, ...qemu];
}

/** The kernel's limit for a socket's path. */
function requireShort(path: string): void {
  if (Buffer.byteLength(path) <= 107) return;
  throw new ChaosError("unsupported", `the path ${path} is too long for a socket`, {
    remedy: "Set CHAOS_HOME or XDG_STATE_HOME to a shorter folder",
  });
}
