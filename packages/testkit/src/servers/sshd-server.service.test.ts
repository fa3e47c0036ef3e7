import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { allGone, processTree } from "./process-tree.ts";
import { sshdMissing, startSshd } from "./sshd-server.ts";

const missing = process.env["CI"] === "true" ? undefined : sshdMissing();
if (missing) process.stderr.write(`sshd is not tested: ${missing}\n`);
const root = process.getuid?.() === 0;

describe.skipIf(missing !== undefined || !root)("an sshd of the testkit", () => {
  test.each(["SIGKILL", "SIGTERM"] as const)(
    "goes, with its sessions and its network, with an owner ended by %s",
    async (signal) => {
      const owner = spawn(process.execPath, [join(import.meta.dirname, "sshd-owner.fixture.ts")], {
        stdio: ["ignore", "pipe", "inherit"],
        detached: true,
      });
      const [line] = await once(createInterface({ input: owner.stdout }), "line");
      const { pid, directory, device } = JSON.parse(String(line)) as { pid: number; directory: string; device: string };
      const all = [...(await processTree(owner.pid!)), ...(await processTree(pid))];
      expect(all.length).toBeGreaterThan(6);
      expect(Object.keys(networkInterfaces())).toContain(device);
      process.kill(-owner.pid!, signal);
      await allGone(all, AbortSignal.timeout(20_000));
      while (existsSync(directory) || device in networkInterfaces()) await delay(10);
    },
  );

  test("leaves this machine's users, configuration and network as they are", async () => {
    const files = ["/etc/passwd", "/etc/shadow", "/etc/sudoers"];
    const look = () => Promise.all(files.map((file) => readFile(file, "utf8").catch(() => null)));
    const before = await look();
    let device: string;
    {
      await using server = await startSshd({ users: [{ name: "amy", password: "secret", sudo: "asks" }] });
      expect(await look()).toEqual(before);
      expect(await readFile(server.path("/etc/passwd"), "utf8")).toContain("amy:");
      device = server.link!.device;
      expect(await server.link!.run(["ip", "-o", "link"])).not.toContain(device);
      expect(await readFile("/proc/mounts", "utf8")).not.toContain(server.directory);
    }
    while (device in networkInterfaces()) await delay(10);
    expect(await look()).toEqual(before);
  });
});
