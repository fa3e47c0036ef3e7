import type { Finding } from "@chaos-agents/core";
import { z } from "zod";
import { defineHostSkill, sh } from "../host-skill.ts";
import { formatSize, parseSize, sizeSchema } from "../size.ts";
import { spawned } from "../spawned.ts";

/** Past the cache where the filesystem lets us, and onto the disk in any case. */
const writeAndRead = `
  file=$1 blocks=$2
  how() { dd if=/dev/zero of="$file" bs=16k count=1 "$1" conv=fsync,notrunc 2>/dev/null; }
  direct=
  if how oflag=direct; then direct=direct; fi
  while :; do
    dd if=/dev/zero of="$file" bs=16k count="$blocks" \${direct:+oflag=$direct} conv=fsync,notrunc 2>/dev/null || exit
    dd if="$file" of=/dev/null bs=16k \${direct:+iflag=$direct} 2>/dev/null || exit
  done`;
const loops = `
  folder=$1 count=$2 program=$3 blocks=$4
  while [ "$count" -gt 0 ]; do sh -c "$program" chaos "$folder/$count" "$blocks" & count=$((count - 1)); done
  wait`;

const newest = `find "$1" -type f -printf '%T@ %s\\n' | awk '$1 > at { at = $1 } { sum += $2 } END { print at, sum + 0 }'`;

export const ioStress = defineHostSkill({
  name: "server.io_stress",
  summary: "Keep a disk busy with writing and reading",
  effect: "Everything that waits for the same disk waits longer: commits, log writes, first reads of files.",
  reversal: "exact",
  reversalNote: "The processes that keep it busy are ended, and their files removed.",
  params: z.strictObject({
    workers: z.int().min(1).max(256).default(1).meta({ description: "How many write and read at once" }),
    size: sizeSchema.default("128M").meta({ description: "How large the file of each worker is" }),
    target_mount: z
      .string()
      .startsWith("/", "a mount is an absolute path")
      .default("/var/tmp")
      .meta({ description: "Where: a mount, or any folder on it" }),
  }),
  example: { workers: 2, size: "256M", target_mount: "/var/lib" },
  needs: () => [{ command: "dd" }],

  async resolve(host, { workers, size, target_mount }, { signal, mark }) {
    const script = `df -P -B1 -- "$1" | awk 'NR == 2 { print $4 }'; realpath -- "$1"`;
    const [free, ...named] = (await host.look(sh(script, target_mount), signal)).split("\n");
    const folder = named.join("\n").slice(0, -1);
    const bytes = parseSize(size)!;
    return [
      {
        key: folder,
        label: `keep the disk of ${folder} busy with ${workers} ${workers === 1 ? "file" : "files"} of ${formatSize(bytes)} by loops of dd`,
        undoLabel: `end the processes that keep the disk of ${folder} busy, and remove their files`,
        cost: { files: workers },
        data: {
          path: `${folder === "/" ? "" : folder}/.${mark.replaceAll("/", "-")}.io`,
          folder,
          workers,
          bytes,
          free: Number(free),
        },
      },
    ];
  },

  async preflight(host, things) {
    return things.flatMap(({ folder, workers, bytes, free }): Finding[] => {
      if (workers * bytes <= free) return [];
      const message = `${host.key}: ${folder} has ${formatSize(free)} free, not ${formatSize(workers * bytes)}`;
      return [{ level: "error", code: "no-effect", message, remedy: "Ask for smaller files, or use server.disk_fill" }];
    });
  },

  *changes(_host, { path, workers, bytes }, { mark }) {
    yield {
      asBefore: ["test", "!", "-e", path],
      isOurs: ["test", "-d", path],
      putBack: ["rm", "-rf", "--", path],
      act: ["mkdir", "-m", "0700", "--", path],
    };
    const blocks = Math.max(1, Math.round(bytes / 16_384));
    yield spawned(mark, sh(loops, path, workers, writeAndRead, blocks));
  },

  async witness(host, { path, folder }, { signal, clock }) {
    const look = async () => (await host.look(sh(`if [ -d "$1" ]; then ${newest}; fi`, path), signal)).trim();
    let last = await look();
    for (const until = clock.monotonic() + 5_000; ;) {
      await clock.sleep(200, signal);
      const now = await look();
      if (now === "") return { landed: false, detail: `nothing of ours is on ${folder}` };
      const bytes = Number(now.split(" ").at(-1));
      if (last !== "" && now !== last && bytes > 0)
        return { landed: true, detail: `our files on ${folder}, ${formatSize(bytes)}, are being written` };
      if (clock.monotonic() > until) return { landed: false, detail: `nothing is being written on ${folder}` };
      last = now;
    }
  },
});
