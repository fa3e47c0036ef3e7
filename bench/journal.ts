/** How long an undo record takes to be on disk, against the least anything durable can take: `node bench/journal.ts`. */
import { closeSync, fsyncSync, mkdirSync, openSync, statfsSync, writeSync } from "node:fs";
import { mkdtempDisposable } from "node:fs/promises";
import { join } from "node:path";
import { openStore } from "@chaos-agents/journal";

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

const cache = join(import.meta.dirname, "..", ".cache");
mkdirSync(cache, { recursive: true });
await using scratch = await mkdtempDisposable(join(cache, "bench-journal-"));
const magic = statfsSync(scratch.path).type;
const fileSystem = fileSystems[magic] ?? `0x${magic.toString(16)}`;
if (fileSystem === "tmpfs") throw new Error("Nothing is ever on disk in a tmpfs: put the repository elsewhere");

const journal = await openStore(scratch.path).create(
  { run: "bench", experiment: "bench", source: {}, secrets: {}, startedAt: 0 },
  { redact: (text) => text },
);
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
const recordBytes = JSON.stringify(undo.record).length;

const bareFile = openSync(join(scratch.path, "bare"), "a");
const block = Buffer.alloc(4_096, 7);

const subjects: { name: string; once: () => unknown; times: number[] }[] = [
  {
    name: "bare 4 KiB append + fsync",
    once() {
      writeSync(bareFile, block);
      fsyncSync(bareFile);
    },
    times: [],
  },
  { name: `record of ${recordBytes} B, alone`, once: () => journal.record(undo), times: [] },
  {
    name: `record of ${recordBytes} B, ${groupSize} at once`,
    once: () => Promise.all(Array.from({ length: groupSize }, () => journal.record(undo))),
    times: [],
  },
];
// In turns, so that whatever else the machine does meets all of them.
for (let round = 0; round < rounds; round++) {
  for (const { once, times } of subjects) {
    for (let n = 0; n < perRound; n++) {
      const start = performance.now();
      await once();
      times.push(performance.now() - start);
    }
  }
}
closeSync(bareFile);
await journal[Symbol.asyncDispose]();

const at = (times: number[], share: number) => times.toSorted((a, b) => a - b)[Math.floor(times.length * share)]!;
const [bare] = subjects;
const row = (name: string, times: number[]) => ({
  what: name,
  "p50 ms": at(times, 0.5).toFixed(3),
  "p99 ms": at(times, 0.99).toFixed(3),
  "p50 ratio": (at(times, 0.5) / at(bare!.times, 0.5)).toFixed(2),
  "p99 ratio": (at(times, 0.99) / at(bare!.times, 0.99)).toFixed(2),
});
console.log(`${fileSystem}, ${rounds * perRound} times each; aim: p99 ratio of a record at most 2`);
console.table([
  ...subjects.map(({ name, times }) => row(name, times)),
  row(
    "the same, per record",
    subjects[2]!.times.map((ms) => ms / groupSize),
  ),
]);
