import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempDisposable, readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "@chaos-agents/core";
import { expect, test } from "vitest";
import { takeTurn } from "./file-lock.ts";

const never = new AbortController().signal;

test("one at a time, and nothing beside the lock stays", async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), "chaos-turn-"));
  const path = join(folder.path, "deep", "lock");
  let inside = 0;
  const work = async () => {
    using _turn = await takeTurn(path, systemClock, never);
    expect(++inside).toBe(1);
    await systemClock.sleep(1);
    inside--;
  };
  await Promise.all([work(), work(), work()]);
  expect(await readdir(join(folder.path, "deep"))).toEqual(["lock"]);
});

test("a killed process gives its turn back; giving up ends the waiting", async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), "chaos-turn-"));
  const path = join(folder.path, "lock");
  const script = `
    import { systemClock } from "@chaos-agents/core";
    import { takeTurn } from ${JSON.stringify(join(import.meta.dirname, "file-lock.ts"))};
    globalThis.turn = await takeTurn(${JSON.stringify(path)}, systemClock, new AbortController().signal);
    process.stdout.write("mine");
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ["--input-type=module-typescript", "-e", script], {
    cwd: import.meta.dirname,
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(child.stdout, "data");
  const given = new AbortController();
  const waiting = takeTurn(path, systemClock, given.signal);
  const reason = new Error("enough");
  given.abort(reason);
  await expect(waiting).rejects.toBe(reason);
  child.kill("SIGKILL");
  using _turn = await takeTurn(path, systemClock, AbortSignal.timeout(10_000));
});
