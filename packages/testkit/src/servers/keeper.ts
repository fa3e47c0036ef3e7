/**
 * Runs as a process of its own, in its own session, and owns one server: makes its directory, is the parent of its
 * processes, and ends and removes all of it as soon as the process that asked for it is gone, however that went.
 */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { chmod, chown, mkdtemp, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { KeeperNews, KeeperOrder, KeeperTask } from "./keeper-messages.ts";

const task = JSON.parse(process.argv[2]!) as KeeperTask;
const running = new Map<ChildProcess, NodeJS.Signals>();
const patienceMs = 5_000;

const tell = (news: KeeperNews) => process.connected && process.send!(news, () => {});

function run(order: KeeperOrder): void {
  const log = openSync(order.log, "a", 0o600);
  const child = spawn(order.command, order.args, {
    cwd: directory,
    env: order.env,
    stdio: ["ignore", log, log],
    detached: true,
    ...task.user,
  });
  closeSync(log);
  running.set(child, order.endWith);
  child.once("spawn", () => tell({ kind: "started", order: order.order, pid: child.pid! }));
  child.once("error", (error) => {
    running.delete(child);
    tell({ kind: "refused", order: order.order, reason: error.message });
  });
  child.once("exit", (code, signal) => {
    running.delete(child);
    tell({ kind: "exited", order: order.order, code, signal });
  });
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  try {
    process.kill(-child.pid!, signal);
  } catch {
    // it is gone already
  }
}

async function endAll(): Promise<void> {
  const ends = [...running].map(async ([child, signal]) => {
    const exit = new Promise((resolve) => child.once("exit", resolve));
    signalGroup(child, signal);
    const hurry = setTimeout(() => signalGroup(child, "SIGKILL"), patienceMs);
    await exit;
    clearTimeout(hurry);
  });
  await Promise.all(ends);
}

/** A PostgreSQL killed by SIGKILL leaves a shared memory segment behind; its id stands in the pid file. */
async function removeSharedMemory(): Promise<void> {
  const pidFile = await readFile(join(directory, "data", "postmaster.pid"), "utf8").catch(() => "");
  const id = pidFile.split("\n")[6]?.trim().split(/\s+/)[1];
  if (id) await promisify(execFile)("ipcrm", ["-m", id]).catch(() => {});
}

const made = mkdtemp(join(task.parent, task.prefix));
let directory = "";
async function leave(): Promise<void> {
  directory = await made;
  await endAll();
  await removeSharedMemory();
  await rm(directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  process.exit(0);
}
process.once("disconnect", () => void leave());
process.on("message", run);

directory = await made;
if (task.user) await chown(directory, task.user.uid, task.user.gid);
await chmod(directory, 0o700);
tell({ kind: "ready", directory });
