import { spawn } from "node:child_process";
import { once } from "node:events";
import { access, constants, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { release } from "node:os";
import { join } from "node:path";
import type { Image } from "../image/images.ts";
import { type Accelerator, kernelArguments, machineArguments, machineType } from "./command-line.ts";
import { qemuVersion } from "./qemu-version.ts";

export interface AcceleratorChoice {
  readonly accelerator: Accelerator;
  /** Why there is no KVM; null where there is. */
  readonly why: string | null;
}

const patienceMs = 10_000;

/**
 * KVM only where a guest got as far as running programs under it: its device opens on machines where guests hang. Asked
 * once for each boot of this machine; the answer is kept beside the image.
 */
export async function chooseAccelerator(image: Image, signal: AbortSignal): Promise<AcceleratorChoice> {
  try {
    await access("/dev/kvm", constants.R_OK | constants.W_OK);
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === "ENOENT";
    return { accelerator: "tcg", why: missing ? "there is no /dev/kvm" : "we may not use /dev/kvm" };
  }
  const boot = (await readFile("/proc/sys/kernel/random/boot_id", "utf8")).trim();
  const asked = [boot, release(), await qemuVersion(signal)].join(" ");
  const path = join(image.folder, "kvm-canary.json");
  const kept = await readFile(path, "utf8").then(JSON.parse, () => undefined);
  if (kept?.asked === asked) return kept.choice as AcceleratorChoice;
  const why = await canary(image, signal);
  const choice: AcceleratorChoice = { accelerator: why === null ? "kvm" : "tcg", why };
  await mkdir(image.folder, { recursive: true });
  await writeFile(`${path}.${process.pid}`, JSON.stringify({ asked, choice }));
  await rename(`${path}.${process.pid}`, path);
  return choice;
}

/** Null when the guest lived. */
async function canary(image: Image, signal: AbortSignal): Promise<string | null> {
  const args = [
    machineArguments("kvm"),
    ["-M", machineType, "-m", "256", "-no-reboot"],
    ["-kernel", join(image.folder, "kernel")],
    ["-initrd", join(image.folder, "initramfs")],
    ["-append", `${kernelArguments} chaos.canary`],
    ["-serial", "stdio"],
  ].flat();
  const child = spawn("qemu-system-x86_64", args, { stdio: ["ignore", "pipe", "pipe"] });
  const limit = AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]);
  limit.addEventListener("abort", () => child.kill("SIGKILL"), { once: true });
  let said = "";
  let complaints = "";
  child.stdout.on("data", (chunk: Buffer) => {
    said += chunk.toString();
    if (said.includes("chaos-canary-alive")) child.kill("SIGKILL");
  });
  child.stderr.on("data", (chunk: Buffer) => (complaints += chunk.toString()));
  await once(child, "close");
  signal.throwIfAborted();
  if (said.includes("chaos-canary-alive")) return null;
  const reason = complaints.trim().split("\n")[0];
  return reason || `a guest hung under KVM: no sign of life within ${patienceMs / 1_000} s`;
}
