import { statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { describeError } from "@chaos-agents/core";
import { type Command, missingCommands, packagesOf } from "./commands.ts";
import { imageFolder, machineFolder } from "./folders.ts";
import { listImages } from "./image/images.ts";
import { recipeHash, standardRecipe } from "./image/recipe.ts";
import { chooseAccelerator } from "./qemu/accelerator.ts";
import { qemuVersion } from "./qemu/qemu-version.ts";

/** One thing machines need or would be quicker with. */
export interface DoctorFinding {
  readonly what: string;
  /** `slow`: it works, but not as well as it could. */
  readonly state: "works" | "slow" | "missing";
  /** For people: the version, or why not. */
  readonly detail: string;
  /** What to do about it; null where nothing has to be done. */
  readonly remedy: string | null;
}

/** Looks at what works here; makes nothing but, with an image there, a guest that tries KVM. */
export async function vmDoctor(
  signal: AbortSignal,
  { images = imageFolder(process.env), machines = machineFolder(process.env) } = {},
): Promise<DoctorFinding[]> {
  const root = process.getuid?.() === 0;
  const privileged = (what: string): DoctorFinding => ({
    what,
    state: root ? "works" : "missing",
    detail: root ? "we are root" : "takes root",
    remedy: root ? null : "Run as root",
  });
  return [
    process.platform === "linux" && process.arch === "x64"
      ? finding("system", "works", "Linux on x86-64")
      : finding("system", "missing", `${process.platform} on ${process.arch}`, "Use Linux on x86-64"),
    await emulator(signal),
    await hardware(images, signal),
    commands("building images", ["mmdebstrap", "mke2fs", "busybox", "lz4"]),
    commands("TAP networks and namespaces", ["ip", "nsenter", "socat"]),
    privileged("root for building images"),
    privileged("root for TAP networks and namespaces"),
    await space("space for images", images, 3),
    await space("space for machines", machines, 1),
  ];
}

const finding = (
  what: string,
  state: DoctorFinding["state"],
  detail: string,
  remedy: string | null = null,
): DoctorFinding => ({ what, state, detail, remedy });

function commands(what: string, wanted: readonly Command[]): DoctorFinding {
  const missing = missingCommands(wanted);
  if (missing.length === 0) return finding(`tools for ${what}`, "works", wanted.join(", "));
  const remedy = `apt-get install ${packagesOf(missing).join(" ")}`;
  return finding(`tools for ${what}`, "missing", `not there: ${missing.join(", ")}`, remedy);
}

async function emulator(signal: AbortSignal): Promise<DoctorFinding> {
  const tools = commands("machines", ["qemu-system-x86_64", "qemu-img"]);
  return tools.state === "works" ? finding("QEMU", "works", await qemuVersion(signal)) : tools;
}

async function hardware(images: string, signal: AbortSignal): Promise<DoctorFinding> {
  const what = "hardware virtualisation (KVM)";
  const standard = `${standardRecipe.name}-${recipeHash(standardRecipe)}`;
  const all = await listImages(images);
  const image = all.find(({ id }) => id === standard) ?? all[0];
  if (!image) return finding(what, "slow", "not tried: there is no image yet", "chaos vm image build");
  try {
    const { accelerator, why } = await chooseAccelerator(image, signal);
    if (accelerator === "kvm") return finding(what, "works", "a guest ran under it");
    return finding(what, "slow", `${why}; machines run emulated`);
  } catch (error) {
    return finding(what, "slow", describeError(error));
  }
}

async function space(what: string, folder: string, gigabytes: number): Promise<DoctorFinding> {
  let path = folder;
  for (;;) {
    const found = await statfs(path).catch(() => undefined);
    if (!found && path !== dirname(path)) {
      path = dirname(path);
      continue;
    }
    const free = found ? (found.bavail * found.bsize) / 1e9 : 0;
    const detail = `${free.toFixed(1)} GB free in ${path}`;
    if (free >= gigabytes) return finding(what, "works", detail);
    return finding(what, "missing", detail, `Make room: ${gigabytes} GB are needed`);
  }
}
