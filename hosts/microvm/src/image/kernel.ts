import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ChaosError } from "@chaos-agents/core";
import { runCommand } from "../commands.ts";
import { type ArchiveEntry, packArchive } from "./cpio.ts";
import { guestFolder } from "./recipe.ts";

const lz4Magic = Buffer.from([0x02, 0x21, 0x4c, 0x18]);
const elfMagic = Buffer.from("\x7fELF", "latin1");

/** In the order of the machine's init. */
const modules = [
  "virtio/virtio_ring",
  "virtio/virtio",
  "virtio/virtio_pci_legacy_dev",
  "virtio/virtio_pci_modern_dev",
  "virtio/virtio_pci",
  "block/virtio_blk",
  "net/net_failover",
  "net/virtio_net",
  "char/hw_random/virtio-rng",
  "char/virtio_console",
].map((name) => `drivers/${name}`);

/**
 * Takes Debian's kernel out of its wrapping, as monitors like it that have no BIOS: an emulated CPU would take a second
 * to unpack it at every boot. What follows the kernel in the file is not ours to read: `lz4` stops there with an error.
 */
export async function unwrapKernel(wrapped: string, target: string, signal: AbortSignal): Promise<void> {
  const bytes = await readFile(wrapped);
  const packed = `${target}.lz4`;
  for (let at = bytes.indexOf(lz4Magic); at >= 0; at = bytes.indexOf(lz4Magic, at + 1)) {
    await writeFile(packed, bytes.subarray(at));
    await runCommand(["lz4", "-d", "-q", "-f", packed, target], { signal }).catch(() => signal.throwIfAborted());
    const kernel = await readFile(target).catch(() => Buffer.alloc(0));
    await rm(packed);
    if (kernel.subarray(0, 4).equals(elfMagic)) return;
  }
  throw new ChaosError("unsupported", `${wrapped} is not packed with LZ4, as Debian 12's kernels are`, {
    remedy: "Build the image from Debian 12 (bookworm)",
  });
}

/** Busybox, the drivers and our init: what there is before the disk is. */
export async function packInitramfs(root: string, release: string, busybox: string): Promise<Buffer> {
  const drivers = join(root, "usr/lib/modules", release, "kernel");
  const folders = ["bin", "dev", "proc", "root", "modules"].map((path): ArchiveEntry => ({ path, mode: 0o755 }));
  const loaded = ["net/core/failover", ...modules].map(async (name): Promise<ArchiveEntry> => {
    const content = await readFile(join(drivers, `${name}.ko`));
    return { path: `modules/${name.split("/").at(-1)}.ko`, mode: 0o644, content };
  });
  return packArchive([
    ...folders,
    { path: "bin/busybox", mode: 0o755, content: await readFile(busybox) },
    { path: "init", mode: 0o755, content: await readFile(join(guestFolder, "initramfs-init.sh")) },
    ...(await Promise.all(loaded)),
  ]);
}

export async function kernelRelease(root: string): Promise<string> {
  const [release] = await readdir(join(root, "usr/lib/modules"));
  if (release === undefined) throw new ChaosError("internal", "the kernel's package has no modules in it");
  return release;
}
