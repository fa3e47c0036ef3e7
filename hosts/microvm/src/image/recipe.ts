import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { z } from "zod";

export const imageRecipeSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/)
    .meta({ description: "What the image is called" }),
  suite: z.string().min(1).default("bookworm").meta({ description: "The Debian release" }),
  mirror: z.url().default("http://deb.debian.org/debian").meta({ description: "Where its packages come from" }),
  packages: z
    .array(z.string().regex(/^[a-z0-9][a-z0-9.+-]+$/))
    .default([])
    .meta({ description: "Debian packages besides those every machine has" }),
  disk_mb: z.int().min(1_024).max(65_536).default(2_048).meta({ description: "Size of its disk in MB" }),
});
export type ImageRecipe = z.output<typeof imageRecipeSchema>;

/** A server to break: a service, timers, and what the skills call. */
export const standardRecipe: ImageRecipe = imageRecipeSchema.parse({
  name: "debian-12",
  packages: ["cron", "nginx-light", "nftables", "stress-ng", "sudo", "iputils-ping", "ca-certificates", "curl"],
});

/** What makes it boot and lets us in. */
export const basePackages = [
  "systemd",
  "systemd-sysv",
  "dbus",
  "kmod",
  "iproute2",
  "procps",
  "util-linux",
  "openssh-server",
];
export const kernelPackage = "linux-image-cloud-amd64";

/** One more whenever the code that builds makes something else of the same recipe and files. */
const layout = 2;

export const guestFolder = fileURLToPath(new URL("../guest", import.meta.url));

/** Changes with anything that goes into the image. What Debian changes since is not seen: remove and build anew for that. */
export function recipeHash(recipe: ImageRecipe): string {
  const hash = createHash("sha256").update(JSON.stringify([layout, recipe, basePackages, kernelPackage]));
  const files = readdirSync(guestFolder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  for (const path of files.map((entry) => `${entry.parentPath}/${entry.name}`).sort()) {
    hash.update(`\0${path.slice(guestFolder.length)}\0`).update(readFileSync(path));
  }
  return hash.digest("hex").slice(0, 16);
}
