import type { Finding } from "@chaos-agents/core";
import { z } from "zod";
import { defineHostSkill, sh } from "../host-skill.ts";
import { percentSchema } from "../size.ts";

/** Made by one command, so that each ends long before the lease's patience does. */
const perFolder = 50_000;

const inodesOf = `
  df -P -i -- "$1" | awk 'NR == 2 { print $2, $3, $4 }'
  realpath -- "$1"`;

/** One that finds no inode left has done what was wanted of it. */
const make = `
  folder=$1 count=$2
  free() { df -P -i -- "$folder" | awk 'NR == 2 { print $4 }'; }
  mkdir -p -m 0700 -- "$folder" || { [ "$(free)" = 0 ]; exit; }
  while [ "$count" -gt 0 ]; do
    true >"$folder/$count" || { [ "$(free)" = 0 ]; exit; }
    count=$((count - 1))
  done`;

export const inodeFill = defineHostSkill({
  name: "server.inode_fill",
  summary: "Use up the inodes of a mount with many empty files",
  effect: "No file can be made on the mount any more although it has space: the error says that the disk is full.",
  reversal: "exact",
  reversalNote: "The folder with all its files is removed, and the inodes are free again.",
  params: z.strictObject({
    inodes: z
      .union([z.int().min(1), percentSchema], { error: "write a number of files, or a share like 95%" })
      .default("95%")
      .meta({ description: "How many files to make, or up to which share of the mount's inodes: 95%" }),
    target_mount: z
      .string()
      .startsWith("/", "a mount is an absolute path")
      .default("/tmp")
      .meta({ description: "Where: a mount, or any folder on it" }),
  }),
  example: { inodes: "99%", target_mount: "/var/spool" },
  undoDeadline: 180_000,

  async resolve(host, { inodes, target_mount }, { signal, mark }) {
    const [numbers, ...named] = (await host.look(sh(inodesOf, target_mount), signal)).split("\n");
    const folder = named.join("\n").slice(0, -1);
    const [total, used, free] = numbers!.split(" ").map(Number) as [number, number, number];
    const files = typeof inodes === "number" ? inodes : Math.floor((total * Number.parseInt(inodes, 10)) / 100 - used);
    return [
      {
        key: folder,
        label: `make ${files} empty files on ${folder}, where ${free} of ${total} inodes are free`,
        undoLabel: `remove the files that use up inodes on ${folder}`,
        cost: {
          files: Math.max(0, files),
          percent: total > 0 ? Math.min(100, Math.round(((used + files) / total) * 100)) : 0,
        },
        data: {
          path: `${folder === "/" ? "" : folder}/.${mark.replaceAll("/", "-")}.inodes`,
          folder,
          files,
          free,
          total,
        },
      },
    ];
  },

  async preflight(host, things) {
    return things.flatMap(({ folder, files, free, total }): Finding[] => {
      const error = (message: string, remedy?: string): Finding[] => [
        { level: "error", code: "no-effect", message: `${host.key}: ${message}`, ...(remedy && { remedy }) },
      ];
      if (total === 0)
        return error(`the filesystem of ${folder} makes inodes as it needs them`, "Use server.disk_fill");
      if (files <= 0) return error(`${folder} has that many inodes in use already`);
      if (files > free) return error(`${folder} has ${free} inodes free, not ${files}`, "Ask for less, or for a share");
      return [];
    });
  },

  *changes(_host, { path, files }, { progress }) {
    // folders need inodes too
    const folders = Math.ceil(files / perFolder);
    let left = Math.max(0, files - folders);
    for (let n = 0; n < folders; n++) {
      const count = Math.min(left, perFolder);
      const folder = `${path}-${n}`;
      yield {
        asBefore: ["test", "!", "-e", folder],
        isOurs: ["test", "-d", folder],
        putBack: sh('rm -rf -- "$1" && sync -- "${1%/*}/"', folder),
        act: sh(make, folder, count),
      };
      left -= count;
      progress(files - left, files, "files");
    }
  },

  async witness(host, { path, folder, files }, { signal }) {
    const script = `
      for one in "$1"-*; do find "$one" 2>/dev/null; done | wc -l
      df -P -i -- "$2" | awk 'NR == 2 { print $4 }'`;
    const [made, free] = (await host.look(sh(script, path, folder), signal)).trim().split("\n").map(Number) as [
      number,
      number,
    ];
    return {
      landed: made >= files || (made > 0 && free === 0),
      detail: `${made} inodes taken, ${free} left on ${folder}`,
    };
  },
});
