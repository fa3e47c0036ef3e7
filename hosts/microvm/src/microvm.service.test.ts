import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Host } from "@chaos-agents/core";
import { systemClock } from "@chaos-agents/core";
import { beforeAll, describe, expect, test } from "vitest";
import { vmDoctor } from "./doctor.ts";
import { devices, microvmMissing, openRoom, testImage } from "./microvm.fixture.ts";
import type { MicrovmProvider } from "./microvm-provider.ts";
import { findByArgument } from "./process-table.ts";

const run = promisify(execFile);
const missing = microvmMissing();
if (missing) process.stderr.write(`microVMs are not tested: ${missing}\n`);

const patience = 240_000;
const soon = () => AbortSignal.timeout(patience);

const said = async (host: Host, ...argv: string[]) => {
  const { code, stdout, stderr } = await host.exec(argv);
  expect({ code, stderr }).toMatchObject({ code: 0 });
  return stdout.trim();
};
/** What a machine answers, by a login of its own. */
async function ask(provider: MicrovmProvider, id: string, ...argv: string[]) {
  await using host = await provider.connect(id, soon());
  return await said(host, ...argv);
}

describe.skipIf(missing !== undefined)("microVMs", { timeout: patience }, () => {
  beforeAll(async () => void (await testImage()), 900_000);

  test("one boots on the user's network, runs commands, and leaves nothing", async () => {
    await using room = await openRoom();
    const { provider } = room;
    const began = performance.now();
    const made = await provider.make({ name: "web-1", start: "boot", network: "user" }, "t", soon());
    expect(await provider.list("t")).toEqual([made]);
    expect(await provider.list("other")).toEqual([]);
    const processes = () => findByArgument(join(room.path, made.id, "qemu.pid"));
    expect(await processes()).toHaveLength(1);
    {
      await using host = await provider.connect(made.id, soon());
      expect(host.label).toContain("web-1");
      expect(host.survey).toMatchObject({ systemd: true, cgroup: 2, root: "root", container: false });
      expect([...host.survey.kernelFeatures]).toEqual(expect.arrayContaining(["netem", "nf_tables"]));
      expect(await said(host, "hostname")).toBe("web-1");
      expect(await said(host, "cat", "/etc/machine-id")).toBe(host.identity.machine);
      expect(await said(host, "systemctl", "is-system-running")).toBe("running");
      expect(await said(host, "systemctl", "is-active", "nginx", "cron", "ssh")).toBe("active\nactive\nactive");
      const [uptime] = (await said(host, "cat", "/proc/uptime")).split(" ").map(Number) as [number];
      expect(uptime * 1_000, "its clock is no quicker than ours").toBeLessThan(1.1 * (performance.now() - began));
    }
    await provider.destroy(made.id);
    await provider.destroy(made.id);
    expect(await processes()).toEqual([]);
    expect(await room.residues()).toEqual([]);
    await expect(provider.connect(made.id, soon())).rejects.toMatchObject({ code: "target-unreachable" });
  });

  test("two clones at once in a namespace of theirs: nothing in common, and they reach each other", async () => {
    await using room = await openRoom();
    const { provider } = room;
    const spec = { start: "clone", network: "tap", isolated: true } as const;
    const [a, b] = await Promise.all([provider.make(spec, "t", soon()), provider.make(spec, "t", soon())]);
    const facts = async (id: string) => {
      const names = ["/etc/machine-id", "/etc/hostname", "/etc/ssh/ssh_host_ed25519_key.pub"];
      const answers = await ask(provider, id, "sh", "-c", `cat ${names.join(" ")}; hostname; ip -4 -br addr show eth0`);
      return answers.split("\n").flatMap((line) => line.split(/\s+/).filter((word) => word.length > 5));
    };
    const [ofA, ofB] = [await facts(a.id), await facts(b.id)];
    const shared = ofA.filter((word) => ofB.includes(word));
    expect(shared).toEqual(["ssh-ed25519"]);
    const address = (all: string[]) => all.find((word) => word.startsWith("172.16."))!.split("/")[0]!;

    await using host = await provider.connect(a.id, soon());
    expect(host.key).toBe(a.id);
    expect(host.wayIn).toMatchObject({ address: address(ofA), port: 22 });
    expect(await said(host, "ping", "-c1", "-W5", address(ofB))).toContain("1 received");
    expect(await said(host, "systemctl", "is-active", "nginx", "cron")).toBe("active\nactive");
    expect(Math.abs(Number(await said(host, "date", "+%s")) * 1_000 - Date.now())).toBeLessThan(10_000);
    // What gave them their identity has gone, and with it the template's key.
    expect((await host.exec(["pgrep", "-f", "identity-agent"])).code).toBe(1);
    expect(await said(host, "wc", "-l", "/root/.ssh/authorized_keys")).toMatch(/^1 /);

    expect(await room.hasNamespace("t")).toBe(true);
    const { stdout } = await run("ip", ["-o", "addr"]);
    expect(stdout).not.toContain(`chaosvm${a.id.slice(3)}`);
    await provider.destroy(b.id);
    expect(await room.hasNamespace("t")).toBe(true);

    // Back from a power cut it is the same machine, with what it had written to its disk.
    const { identity } = host;
    await host.write("/root/kept", "here");
    await said(host, "sync");
    await provider.powerCycle(a.id, soon());
    await host.lost;
    await using again = await reconnect(provider, a.id);
    expect(again.identity.machine).toBe(identity.machine);
    expect(again.identity.boot).not.toBe(identity.boot);
    expect(again.wayIn).toEqual(host.wayIn);
    expect(Buffer.from(await again.read("/root/kept")).toString()).toBe("here");
    await provider.destroy(a.id);
    expect(await room.hasNamespace("t")).toBe(false);
    expect(await room.residues()).toEqual([]);
  });

  test("a TAP in our own network comes and goes with its machine", async () => {
    await using room = await openRoom();
    const made = await room.provider.make({ start: "clone", network: "tap" }, "t", soon());
    const taps = async () => (await devices()).filter((one) => one.includes(`chaosvm${made.id.slice(3)}`));
    expect(await taps()).toHaveLength(1);
    expect(await ask(room.provider, made.id, "hostname")).toBe(made.id);
    await room.provider.destroy(made.id);
    expect(await taps()).toEqual([]);
  });

  test("a controller killed with a machine leaves what sweep finds, and nothing is swept from the living", async () => {
    await using room = await openRoom();
    const child = startChild(room.path, "swept", "clone");
    try {
      const [line] = (await once(child.stdout!, "data")) as [Buffer];
      const id = line.toString().trim();
      expect(await room.provider.sweep("swept")).toEqual([]);
      expect(await ask(room.provider, id, "hostname")).toBe(id);
      await end(child);
      // The machine outlives its controller, until it is swept.
      expect(await ask(room.provider, id, "hostname")).toBe(id);
      expect(await room.provider.sweep("another")).toEqual([]);
      expect((await room.provider.sweep("swept")).map((one) => one.id)).toEqual([id]);
      expect(await room.residues()).toEqual([]);
      expect(await room.hasNamespace("swept")).toBe(false);
    } finally {
      await end(child);
    }
  });

  test.each(["record.json", "initramfs", "disk.qcow2", "qemu.pid"])(
    "a controller killed as soon as there is %s leaves what sweep finds",
    async (file) => {
      await using room = await openRoom();
      const child = startChild(room.path, "cut", "boot");
      try {
        await untilThere(room.path, file);
        await end(child);
        const [swept, ...more] = await room.provider.sweep("cut");
        expect(swept?.id).toMatch(/^vm-/);
        expect(more).toEqual([]);
        expect(await room.residues()).toEqual([]);
        expect(await findByArgument(join(room.path, swept!.id, "qemu.pid"))).toEqual([]);
        expect(await room.hasNamespace("cut")).toBe(false);
      } finally {
        await end(child);
      }
    },
  );

  test("given up in the middle, or too slow: nothing is left", async () => {
    await using room = await openRoom();
    const { provider } = room;
    const spec = { start: "boot", network: "tap", isolated: true } as const;
    await expect(provider.make({ ...spec, ready_seconds: 1 }, "t", soon())).rejects.toMatchObject({
      code: "deadline-passed",
      facts: { console: expect.any(String) },
    });
    const enough = new AbortController();
    const making = provider.make(spec, "t", enough.signal);
    await untilThere(room.path, "qemu.pid");
    const reason = new Error("enough");
    enough.abort(reason);
    await expect(making).rejects.toBe(reason);
    expect(await room.residues()).toEqual([]);
    expect(await room.hasNamespace("t")).toBe(false);
  });

  test("a machine whose monitor dies fails at once, with the reason", async () => {
    await using room = await openRoom();
    const making = room.provider.make({ start: "boot", network: "user" }, "t", soon());
    const pid = await untilThere(room.path, "qemu.pid");
    process.kill(Number(await readFile(pid, "utf8")), "SIGKILL");
    await expect(making).rejects.toMatchObject({ code: "internal", message: /SIGKILL/ });
    expect(await room.residues()).toEqual([]);
  });

  test("the doctor says of KVM only what it has seen", async () => {
    const findings = await vmDoctor(soon());
    expect(findings.filter(({ state }) => state === "missing")).toEqual([]);
    const kvm = findings.find(({ what }) => what.includes("KVM"))!;
    expect(kvm.detail).toMatch(kvm.state === "works" ? /a guest ran/ : /run emulated/);
  });
});

function startChild(machines: string, tag: string, start: string): ChildProcess {
  const script = join(import.meta.dirname, "microvm-child.fixture.ts");
  return spawn(process.execPath, [script, machines, tag, start], { stdio: ["ignore", "pipe", "inherit"] });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
}

/** The path of the first file of this name in a machine's folder that has something in it. */
async function untilThere(room: string, name: string): Promise<string> {
  const limit = soon();
  for (;;) {
    for (const id of (await readdir(room)).filter((one) => one.startsWith("vm-"))) {
      const path = join(room, id, name);
      if (
        await readFile(path).then(
          (bytes) => bytes.length > 0,
          () => false,
        )
      )
        return path;
    }
    await systemClock.sleep(1, limit);
  }
}

/** As soon as it lets us in again. */
async function reconnect(provider: MicrovmProvider, id: string): Promise<Host> {
  const limit = soon();
  for (;;) {
    try {
      return await provider.connect(id, limit);
    } catch (error) {
      limit.throwIfAborted();
      if ((error as { code?: string }).code !== "target-unreachable") throw error;
    }
  }
}
