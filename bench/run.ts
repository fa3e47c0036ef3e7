/** Every benchmark, each beside its rival in the same run: `npm run bench`, or with names: `npm run bench -- startup`. */
import { mkdirSync, statfsSync } from "node:fs";
import { mkdtempDisposable } from "node:fs/promises";
import { availableParallelism, cpus, totalmem } from "node:os";
import { join } from "node:path";
import { root } from "./chaos.ts";
import { chartRows } from "./charts.ts";
import { databaseRows } from "./database.ts";
import { healingRows } from "./healing.ts";
import { fileSystemOf, journalRows } from "./journal.ts";
import { kubernetesRows } from "./kubernetes.ts";
import { microvmRows } from "./microvm.ts";
import { netemRows } from "./netem.ts";
import { reactionRows } from "./reaction.ts";
import { roomRows } from "./room.ts";
import { sshRows } from "./ssh.ts";
import { startupRows } from "./startup.ts";
import { type BenchRow, printTable } from "./table.ts";

const benches: Record<string, (home: string) => Promise<BenchRow[]> | BenchRow[]> = {
  startup: startupRows,
  journal: journalRows,
  database: databaseRows,
  reaction: reactionRows,
  ssh: sshRows,
  healing: healingRows,
  microvm: microvmRows,
  netem: netemRows,
  kubernetes: kubernetesRows,
  room: roomRows,
  charts: chartRows,
};

const cache = join(root, ".cache");
mkdirSync(cache, { recursive: true });
await using scratch = await mkdtempDisposable(join(cache, "bench-"));
const fileSystem = fileSystemOf(statfsSync(scratch.path).type);
if (fileSystem === "tmpfs") throw new Error("nothing is ever on disk in a tmpfs: put the repository elsewhere");
const wanted = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(benches);
process.stdout.write(
  `${cpus()[0]?.model ?? "unknown"}, ${availableParallelism()} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, ${fileSystem}, Node ${process.version}\n\n`,
);
const rows: BenchRow[] = [];
for (const name of wanted) {
  const bench = benches[name];
  if (!bench) throw new Error(`there is no benchmark "${name}": ${Object.keys(benches).join(", ")}`);
  process.stderr.write(`${name} …\n`);
  rows.push(...(await bench(scratch.path)));
}
printTable(rows);
