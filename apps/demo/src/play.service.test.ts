import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { withClient } from "./with-client.ts";

const command = fileURLToPath(new URL("./play.ts", import.meta.url));
let temporary: string;
let playing: ChildProcess;

beforeEach(() => {
  temporary = mkdtempSync(join(tmpdir(), "play-"));
  chmodSync(temporary, 0o711);
  playing = spawn(process.execPath, [command], {
    env: { ...process.env, TMPDIR: temporary },
    stdio: ["ignore", "pipe", "inherit"],
  });
});
afterEach(() => {
  playing.kill("SIGKILL");
  rmSync(temporary, { recursive: true, force: true });
});

/** The processes that descend from this one. */
function descendants(pid: number): number[] {
  const table = execFileSync("ps", ["-A", "-o", "pid=,ppid="], { encoding: "utf8" });
  const processes = table
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number) as [number, number]);
  const children = (parent: number): number[] =>
    processes.filter(([, ppid]) => ppid === parent).flatMap(([child]) => [child, ...children(child)]);
  return children(pid);
}

function alive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function untilServing(): Promise<string> {
  let seen = "";
  for await (const chunk of playing.stdout!.iterator({ destroyOnReturn: false })) {
    seen += String(chunk);
    if (/requests\/s/.test(seen)) break;
  }
  return /postgres:\/\/\S+/.exec(seen)![0];
}

test("Ctrl-C closes the shop, proves it, and leaves nothing", async () => {
  await untilServing();
  const processes = descendants(playing.pid!);
  expect(processes.length).toBeGreaterThan(3);
  const rest = text(playing.stdout!);
  playing.kill("SIGINT");
  const [code] = await once(playing, "exit");
  expect(await rest).toMatch(/The shop is what it was, plus exactly the [\d,]+ writes its customers made\.\n$/);
  expect(code).toBe(0);
  await expect.poll(() => processes.filter(alive)).toEqual([]);
  expect(readdirSync(temporary)).toEqual([]);
});

test("a shop that was damaged meanwhile says so, and exits with 1", async () => {
  const url = await untilServing();
  await withClient(url, (client) => client.query("DROP INDEX orders_open"));
  const rest = text(playing.stdout!);
  playing.kill("SIGTERM");
  const [code] = await once(playing, "exit");
  expect(await rest).toContain("gone: index public.orders_open");
  expect(code).toBe(1);
});

test("killed, it leaves no process and no file", async () => {
  await untilServing();
  const processes = descendants(playing.pid!);
  expect(processes.length).toBeGreaterThan(3);
  playing.kill("SIGKILL");
  await expect.poll(() => processes.filter(alive), { timeout: 20_000 }).toEqual([]);
  expect(readdirSync(temporary)).toEqual([]);
});

test("killed while the server is being made, it leaves no process and no file", async () => {
  await expect.poll(() => readdirSync(temporary), { timeout: 20_000, interval: 5 }).not.toEqual([]);
  const processes = descendants(playing.pid!);
  playing.kill("SIGKILL");
  await expect.poll(() => processes.filter(alive), { timeout: 20_000 }).toEqual([]);
  expect(readdirSync(temporary)).toEqual([]);
});

test("a second signal leaves at once, and still leaves nothing", async () => {
  await untilServing();
  const processes = descendants(playing.pid!);
  playing.kill("SIGINT");
  playing.kill("SIGHUP");
  const [code] = await once(playing, "exit");
  expect(code).toBe(130);
  await expect.poll(() => processes.filter(alive), { timeout: 20_000 }).toEqual([]);
  expect(readdirSync(temporary)).toEqual([]);
});
