import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { chmod, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { mariadbMissing } from "./mariadb-server.ts";
import { allGone, processTree } from "./process-tree.ts";

const program = join(import.meta.dirname, "owner.fixture.ts");
const engines = mariadbMissing() && process.env["CI"] !== "true" ? ["postgres"] : ["postgres", "mysql"];
const nobody = 65_534;

let parent: string;
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), "chaos-orphans-"));
  await chmod(parent, 0o777);
});
afterEach(() => rm(parent, { recursive: true, force: true }));

function startOwner(engine: string, end: string, options: { uid?: number; gid?: number } = {}): ChildProcess {
  return spawn(process.execPath, [program, engine, parent, end], {
    stdio: ["ignore", "pipe", "ignore"],
    detached: true,
    ...options,
  });
}

async function started(owner: ChildProcess): Promise<{ pid: number; directory: string }> {
  const [line] = await once(createInterface({ input: owner.stdout! }), "line");
  return JSON.parse(String(line)) as { pid: number; directory: string };
}

/** Everything on this machine that was started with the test's own directory in its arguments. */
async function namingIt(): Promise<string[]> {
  const all = await Promise.all(
    (await readdir("/proc"))
      .filter((name) => /^\d+$/.test(name))
      .map((pid) => readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")),
  );
  return all.filter((command) => command.includes(parent));
}

describe.each(engines)("%s", (engine) => {
  test.each(["SIGKILL", "SIGTERM", "SIGINT"] as const)("goes with an owner ended by %s", async (signal) => {
    const owner = startOwner(engine, "wait");
    const server = await started(owner);
    const all = await processTree(owner.pid!);
    expect(all).toContain(server.pid);
    expect(existsSync(server.directory)).toBe(true);
    process.kill(-owner.pid!, signal);
    await allGone(all, AbortSignal.timeout(20_000));
    expect(await readdir(parent)).toEqual([]);
  });

  test.each(["exit", "throw"])("goes with an owner that ends by %s, without disposing", async (end) => {
    const owner = startOwner(engine, end);
    const server = await started(owner);
    await allGone([server.pid, owner.pid!], AbortSignal.timeout(20_000));
    while (existsSync(server.directory)) await delay(10);
    expect(await readdir(parent)).toEqual([]);
  });

  test.runIf(existsSync("/proc/self/cmdline")).each(["", /(initdb|install)\.log/, "server.log"])(
    "goes with an owner killed while it was being made, once there was %s",
    async (file) => {
      const owner = startOwner(engine, "wait");
      for (let there = false; !there; await delay(1)) {
        const [directory] = await readdir(parent);
        const files = directory === undefined ? [] : await readdir(join(parent, directory)).catch(() => []);
        there = directory !== undefined && (file === "" || files.some((name) => name.match(file)));
      }
      process.kill(owner.pid!, "SIGKILL");
      while ((await namingIt()).length > 0) await delay(10);
      expect(await readdir(parent)).toEqual([]);
    },
  );

  test("works for a user who is not root, too", async (context) => {
    if (process.getuid!() !== 0) return context.skip("this whole test runs as one");
    const user = { uid: nobody, gid: nobody };
    const reach = spawnSync(process.execPath, ["--check", program], user);
    if (reach.status !== 0) return context.skip("this checkout is closed to other users");
    const owner = startOwner(engine, "wait", user);
    const server = await started(owner);
    const all = await processTree(owner.pid!);
    expect((await readFile(`/proc/${server.pid}/status`, "utf8")).match(/^Uid:\t(\d+)/m)![1]).toBe(String(nobody));
    process.kill(owner.pid!, "SIGKILL");
    await allGone(all, AbortSignal.timeout(20_000));
    expect(await readdir(parent)).toEqual([]);
  });
});
