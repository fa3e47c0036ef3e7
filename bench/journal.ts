import { closeSync, fsyncSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { openStore } from "@chaos-agents/journal";
import { type BenchRow, quantile } from "./table.ts";

const rounds = 20;
const perRound = 200;
const groupSize = 16;
type Five = [number, number, number, number, number];

const fileSystems: Record<number, string> = {
  0xef53: "ext2/3/4",
  0x58465342: "xfs",
  0x9123683e: "btrfs",
  0x2fc12fc1: "zfs",
  0x794c7630: "overlayfs",
  0x01021994: "tmpfs",
};
export const fileSystemOf = (magic: number): string => fileSystems[magic] ?? `0x${magic.toString(16)}`;

/** The originals of twenty rows. */
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

/** What most skills record: a session, a setting, a range of keys. */
const small = {
  ...undo,
  record: { table: { schema: "public", table: "orders" }, xid: "8461", keys: [["200001", "250000"]] },
};

/** How long an undo record takes to be on disk, against the least anything durable can take. */
export async function journalRows(home: string): Promise<BenchRow[]> {
  await using journal = await openStore(join(home, "journal")).create(
    { run: "bench", experiment: "bench", source: {}, secrets: {}, startedAt: 0 },
    { redact: (text) => text },
  );
  const bareFile = openSync(join(home, "bare"), "a");
  const write = (bytes: number) => {
    const block = Buffer.alloc(bytes, 7);
    return async () => {
      writeSync(bareFile, block);
      fsyncSync(bareFile);
    };
  };
  const group = (one: typeof undo | typeof small) => () =>
    Promise.all(Array.from({ length: groupSize }, () => journal.record(one)));
  const size = JSON.stringify(undo.record).length;
  const kB = (bytes: number) => `${(bytes / 1_000).toFixed(1)} kB`;
  const inGroup = groupSize * size;
  const subjects: (() => Promise<unknown>)[] = [
    write(4_096),
    () => journal.record(undo),
    group(small),
    write(inGroup),
    group(undo),
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
  const [bare, alone, smallGroup, bareGroup, largeGroup] = times.map((list) => quantile(list, 0.99)) as Five;
  const row = (what: string, ms: number, rival: number, bytes: string, aim?: number): BenchRow => ({
    what,
    ours: `p99 ${ms.toFixed(2)} ms`,
    rival: `p99 ${rival.toFixed(2)} ms ${bytes} + fsync`,
    ratio: ms / rival,
    aim: aim === undefined ? "–" : `p99 ≤ ${aim}`,
    met: aim === undefined ? null : ms / rival <= aim,
  });
  return [
    row(`durable undo record of ${kB(size)}`, alone, bare, "4 KiB", 2),
    row(
      `${groupSize} of ${kB(JSON.stringify(small.record).length)} at once, until all are durable`,
      smallGroup,
      bare,
      "4 KiB",
      2,
    ),
    row(`${groupSize} of ${kB(size)} at once, until all are durable`, largeGroup, bareGroup, kB(inGroup)),
  ];
}
