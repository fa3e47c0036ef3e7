import { createHash } from "node:crypto";
import { access, mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "@chaos-agents/core";
import type { MachineDriver } from "./driver.ts";
import { takeTurn } from "./file-lock.ts";
import type { Image } from "./image/images.ts";
import type { MicrovmSettings } from "./microvm-spec.ts";

/** A machine that has booted, kept in files. */
export interface Template {
  readonly memory: string;
  readonly disk: string;
  readonly state: string;
}

const templateIn = (folder: string): Template => ({
  memory: join(folder, "memory"),
  disk: join(folder, "disk.qcow2"),
  state: join(folder, "state"),
});

/**
 * The template for such machines: the one there is, or a new one, whole or not at all. It lives with its image, and is
 * bound to what its state would not fit otherwise: monitor, kind of network, memory.
 */
export async function ensureTemplate(
  { image, driver, settings }: { image: Image; driver: MachineDriver; settings: MicrovmSettings },
  { clock, signal }: { clock: Clock; signal: AbortSignal },
  make: (staging: Template) => Promise<void>,
): Promise<Template> {
  const bound = [await driver.version(signal), settings.network, settings.memory_mb].join("\0");
  const key = createHash("sha256").update(bound).digest("hex").slice(0, 12);
  const templates = join(image.folder, "templates");
  const folder = join(templates, key);
  if (await exists(folder)) return templateIn(folder);
  using _turn = await takeTurn(join(templates, ".locks", key), clock, signal);
  if (await exists(folder)) return templateIn(folder);
  const staging = join(templates, `.making-${key}`);
  await rm(staging, { recursive: true, force: true });
  await mkdir(staging, { recursive: true });
  try {
    await make(templateIn(staging));
    await rename(staging, folder);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
  return templateIn(folder);
}

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );
