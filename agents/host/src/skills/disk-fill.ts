import type { Finding } from "@chaos-agents/core";
import { z } from "zod";
import { defineHostSkill, sh } from "../host-skill.ts";
import { formatSize, parsePercent, parseSize, percentSchema, sizeSchema } from "../size.ts";

/** Less than this is left on a mount that is full: its own books take what the last of a file would need. */
const nothing = 2 ** 20;

/** `fallocate` takes space in a moment; where the filesystem cannot, zeros are written. The file must be new. */
const take = `
  set -C && : >"$1" && set +C || exit 1
  fallocate -l "$2" -- "$1" 2>/dev/null && exit
  fallocate -l "$(($2 - $2 / 64))" -- "$1" 2>/dev/null || : >"$1"
  head -c "$(($2 - $(stat -c %s -- "$1")))" /dev/zero >>"$1" && exit
  [ "$(df -P -B1 -- "$1" | awk 'NR == 2 { print $4 }')" -lt "$3" ]`;

const spaceOf = `
  df -P -B1 -- "$1" | awk 'NR == 2 { print $2, $3, $4 }'
  realpath -- "$1"`;

export const diskFill = defineHostSkill({
  name: "server.disk_fill",
  summary: "Take up space on a mount with one large file",
  effect: "Writes to the mount fail once it is full: databases stop, logs end, temporary files cannot be made.",
  reversal: "exact",
  reversalNote: "The file is removed, and the space is free again.",
  params: z.strictObject({
    size: z
      .union([percentSchema, sizeSchema], {
        error: "write a size like 512M or 5GB, or a share like 95%",
      })
      .default("1GB")
      .meta({ description: "How much to take, or up to which share of the mount: 95%" }),
    target_mount: z
      .string()
      .startsWith("/", "a mount is an absolute path")
      .default("/tmp")
      .meta({ description: "Where: a mount, or any folder on it" }),
  }),
  example: { size: "5GB", target_mount: "/tmp" },

  async resolve(host, { size, target_mount }, { signal, mark }) {
    const [numbers, folder] = (await host.look(sh(spaceOf, target_mount), signal)).trim().split("\n");
    const [total, used, free] = numbers!.split(" ").map(Number) as [number, number, number];
    const share = parsePercent(size);
    const bytes = share === undefined ? parseSize(size)! : Math.floor(Math.min((total * share) / 100 - used, free));
    const path = `${folder === "/" ? "" : folder}/.${mark.replaceAll("/", "-")}.fill`;
    return [
      {
        key: folder!,
        label: `take ${formatSize(Math.max(0, bytes))} of the ${formatSize(free)} free on ${folder}`,
        undoLabel: `remove the file that fills ${folder}`,
        cost: { files: 1, percent: Math.min(100, Math.round(((used + bytes) / total) * 100)) },
        data: { path, folder: folder!, bytes, free },
      },
    ];
  },

  async preflight(host, things) {
    return things.flatMap(({ bytes, free, folder }): Finding[] => {
      if (bytes <= 0) {
        return [{ level: "error", code: "no-effect", message: `${host.key}: ${folder} is as full as that already` }];
      }
      if (bytes <= free) return [];
      const message = `${host.key}: ${folder} has ${formatSize(free)} free, not ${formatSize(bytes)}`;
      return [{ level: "error", code: "no-effect", message, remedy: "Ask for less, or for a share such as 99%" }];
    });
  },

  *changes(_host, { path, folder, bytes }) {
    yield {
      asBefore: ["test", "!", "-e", path],
      isOurs: ["test", "-f", path],
      putBack: sh('rm -f -- "$1" && sync -- "$2"', path, folder),
      act: sh(take, path, bytes, nothing),
    };
  },

  async witness(host, { path, bytes, folder }, { signal }) {
    const [size, left] = (
      await host.look(sh(`stat -c %s -- "$1"; df -P -B1 -- "$1" | awk 'NR == 2 { print $4 }'`, path), signal)
    )
      .trim()
      .split("\n")
      .map(Number) as [number, number];
    const landed = size >= bytes || (size > 0 && left < nothing);
    return { landed, detail: `${formatSize(size)} taken, ${formatSize(left)} left on ${folder}` };
  },
});
