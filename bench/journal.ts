import { closeSync, fsyncSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { openStore } from "@chaos-agents/journal";
import { type BenchRow, quantile } from "./table.ts";

const rounds = 20;
const perRound = 200;
const groupSize = 16;

const fileSystems: Record<number, string> = {
  0xef53: "ext2/3/4",
  0x58465342: "xfs",
  0x9123683e: "btrfs",
  0x2fc12fc1: "zfs",
  0x794c7630: "overlayfs",
  0x01021994: "tmpfs",
};
export const fileSystemOf = (magic: number): string => fileSystems[magic] ?? `0x${magic.toString(16)}`;

const undo = {
  fault: "f1",
  skill: "db.update_load",
  target: "shop",
  thing: "public.orders",
  label: "restore 20 rows of public.orders",
  record: {
    table: "public.orders",
    rows: Array.from({ length: 20 }, (_, n) => ({ id: n, name: "x".repeat(80), total: "12.50", at: "2026-01-01" })),
  },
};

/** How long an undo record takes to be on disk, against the least anything durable can take. */
export async function journalRows(home: string): Promise<BenchRow[]> {
  await using journal = await openStore(join(home, "journal")).create(
    { run: "bench", experiment: "bench", source: {}, secrets: {}, startedAt: 0 },
    { redact: (text) => text },
  );
  const bareFile = openSync(join(home, "bare"), "a");
  const block = Buffer.alloc(4_096, 7);
  const subjects: (() => Promise<unknown>)[] = [
    async () => {
      writeSync(bareFile, block);
      fsyncSync(bareFile);
    },
    () => journal.record(undo),
    () => Promise.all(Array.from({ length: groupSize }, () => journal.record(undo))),
  ];
  const times = subjects.map(() => [] as number[]);
  // in turns, so that whatever else the machine does meets all of them
  for (let round = 0; round < rounds; round++) {
    for (const [i, once] of subjects.entries()) {
      for (let n = 0; n < perRound; n++) {
        const started = performance.now();
        await once();
        times[i]!.push(performance.now() - started);
      }
    }
  }
  closeSync(bareFile);
  const [bare, alone, grouped] = times.map((list) => quantile(list, 0.99)) as [number, number, number];
  const row = (what: string, ms: number): BenchRow => ({
    what,
    ours: `p99 ${ms.toFixed(2)} ms`,
    rival: `p99 ${bare.toFixed(2)} ms 4 KiB + fsync`,
    ratio: ms / bare,
    aim: "p99 ≤ 2",
    met: ms / bare <= 2,
  });
  const size = (JSON.stringify(undo.record).length / 1_000).toFixed(1);
  return [
    row(`durable undo record of ${size} kB`, alone),
    row(`${groupSize} of them at once, until all are durable`, grouped),
  ];
}
