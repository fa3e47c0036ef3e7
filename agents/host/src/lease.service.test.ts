import { type Host, systemClock } from "@chaos-agents/core";
import { type NamespaceHost, hostDifferences, photographHost, startNamespaceHost } from "@chaos-agents/testkit";
import { expect, test } from "vitest";
import { Lease } from "./lease.ts";
import { runnerArgv } from "./runner/runner.ts";

const signal = AbortSignal.timeout(120_000);
const run = "20261122-000000-abcdef";
const fault = (name: string) => `chaos/${run}/${name}`;
const fileChange = (name: string, path: string) => ({
  run,
  mark: fault(name),
  id: `000000000000001-${name}-0`,
  wayBack: { asBefore: ["test", "!", "-e", path], isOurs: ["test", "-f", path], putBack: ["rm", "-f", "--", path] },
  act: ["touch", "--", path],
});

async function leased(machine: NamespaceHost, ms: number): Promise<{ host: Host; lease: Lease }> {
  const host = await machine.open();
  return { host, lease: new Lease({ host: async () => host, label: machine.key, clock: systemClock, ms }) };
}
const photograph = (machine: NamespaceHost) => photographHost((argv) => machine.outside(...argv));
const exists = async (machine: NamespaceHost, path: string) =>
  (await machine.outside("sh", "-c", 'if [ -e "$1" ]; then echo yes; fi', "sh", path)) !== "";

test("a host whose controller is gone puts everything back, and nothing of ours remains", async () => {
  await using machine = await startNamespaceHost();
  const before = await photograph(machine);
  const { lease } = await leased(machine, 2_000);
  await lease.break(fileChange("f1", "/tmp/it's a\nname; rm -rf $HOME"), signal);
  await lease.break(
    {
      run,
      mark: fault("f2"),
      id: "000000000000002-f2-0",
      wayBack: {
        asBefore: ["nothing_spawned", `${fault("f2")}/`],
        isOurs: ["true"],
        putBack: ["end_spawned", `${fault("f2")}/`],
      },
      act: ["spawn", "sleep", "4711"],
    },
    signal,
  );
  expect(await exists(machine, "/tmp/it's a\nname; rm -rf $HOME")).toBe(true);
  expect(hostDifferences(before, await photograph(machine)).join("\n")).toContain("sleep 4711");
  await expect
    .poll(async () => hostDifferences(before, await photograph(machine)), { timeout: 30_000, interval: 500 })
    .toEqual([]);
});

test("a controller that was thought dead cannot break a healed host", async () => {
  await using machine = await startNamespaceHost();
  const { lease, host } = await leased(machine, 3_000);
  await lease.break(fileChange("f1", "/tmp/first"), signal);
  await expect.poll(() => exists(machine, "/tmp/first"), { timeout: 20_000, interval: 200 }).toBe(false);
  await expect(lease.break(fileChange("f2", "/tmp/second"), signal)).rejects.toMatchObject({ code: "lease-lost" });
  expect(await exists(machine, "/tmp/second")).toBe(false);
  const { stdout } = await host.exec(runnerArgv("marks"), { root: true });
  expect(stdout).toBe("");
  expect(
    (await machine.outside("ls", "-A", "/run", "/var/lib"))
      .trim()
      .split("\n")
      .filter((line) => line.includes("chaos")),
  ).toEqual([]);
});

test("the first change of a controller that is dead changes nothing when it comes after all is put back", async () => {
  await using machine = await startNamespaceHost();
  const before = await photograph(machine);
  const host = await machine.open();
  // the command is on its way, and gets there when it likes
  const sent: (readonly string[])[] = [];
  const away = { ...host, exec: async (argv: readonly string[]) => Promise.reject(new Error(`${sent.push(argv)}`)) };
  const dead = new Lease({ host: async () => away, label: machine.key, clock: systemClock, ms: 2_000 });
  const change = fileChange("f1", "/tmp/late");
  await expect(dead.break(change, signal)).rejects.toThrow("1");
  const { lease } = await leased(machine, 2_000);
  await lease.fence(run, [change.mark], signal);
  expect(await lease.undo(run, change.id, change.wayBack, signal)).toMatchObject({ outcome: "already" });
  for (const argv of sent) await host.exec(argv, { root: true });
  expect(await exists(machine, "/tmp/late")).toBe(false);
  await expect
    .poll(async () => hostDifferences(before, await photograph(machine)), { timeout: 30_000, interval: 500 })
    .toEqual([]);
});

test("renewing keeps the fault standing for longer than a lease, and the end of it heals", async () => {
  await using machine = await startNamespaceHost();
  const { lease } = await leased(machine, 2_000);
  await lease.break(fileChange("f1", "/tmp/kept"), signal);
  const held = lease.hold(run);
  const [began] = (await machine.outside("cat", "/proc/uptime")).split(" ").map(Number) as [number];
  await expect
    .poll(async () => Number((await machine.outside("cat", "/proc/uptime")).split(" ")[0]) - began, { timeout: 20_000 })
    .toBeGreaterThan(4);
  expect(await exists(machine, "/tmp/kept")).toBe(true);
  await held[Symbol.asyncDispose]();
  await expect.poll(() => exists(machine, "/tmp/kept"), { timeout: 20_000, interval: 200 }).toBe(false);
});

test("undoing may take longer than a lease: the host leaves it to us until the last is put back", async () => {
  await using machine = await startNamespaceHost();
  const before = await photograph(machine);
  const { lease } = await leased(machine, 3_000);
  const changes = ["f1", "f2"].map((name) => {
    const change = fileChange(name, `/tmp/${name}`);
    const { putBack } = change.wayBack;
    return { ...change, wayBack: { ...change.wayBack, putBack: ["sh", "-c", 'sleep 4; "$@"', "sh", ...putBack] } };
  });
  for (const change of changes) await lease.break(change, signal);
  await lease.fence(
    run,
    changes.map(({ mark }) => mark),
    signal,
  );
  for (const { id, wayBack } of changes.toReversed()) {
    expect(await lease.undo(run, id, wayBack, signal)).toMatchObject({ outcome: "undone" });
  }
  expect(hostDifferences(before, await photograph(machine))).toEqual([]);
  lease.close();
});

test("another controller that goes on locks the first one out, and undoes", async () => {
  await using machine = await startNamespaceHost();
  const first = await leased(machine, 60_000);
  await first.lease.break(fileChange("f1", "/tmp/one"), signal);
  const second = await leased(machine, 60_000);
  await second.lease.fence(run, [fault("f1")], signal);
  await expect(first.lease.break(fileChange("f2", "/tmp/two"), signal)).rejects.toMatchObject({ code: "lease-lost" });
  expect(await exists(machine, "/tmp/two")).toBe(false);
  const { id, wayBack } = fileChange("f1", "/tmp/one");
  expect(await second.lease.undo(run, id, wayBack, signal)).toMatchObject({ outcome: "undone" });
  expect(await exists(machine, "/tmp/one")).toBe(false);
});

test("what somebody else changed since is theirs", async () => {
  await using machine = await startNamespaceHost();
  const { lease } = await leased(machine, 60_000);
  const change = fileChange("f1", "/tmp/ours");
  await lease.break(change, signal);
  await machine.outside("sh", "-c", "rm /tmp/ours; mkdir /tmp/ours");
  expect(await lease.undo(run, change.id, change.wayBack, signal)).toMatchObject({ outcome: "conflict" });
  expect(await exists(machine, "/tmp/ours")).toBe(true);
  expect(await machine.outside("sh", "-c", "ls -A /run /var/lib | grep chaos || :")).toBe("");
});

test("a fence ends a command of ours that still runs, before anything is compared", async () => {
  await using machine = await startNamespaceHost();
  const { lease } = await leased(machine, 60_000);
  const change = { ...fileChange("f1", "/tmp/late"), act: ["sh", "-c", "sleep 30; touch /tmp/late"] };
  const acting = lease.break(change, signal);
  await expect
    .poll(() => machine.outside("sh", "-c", "ps ax -o args | grep -cx 'sleep 30' || :"), { timeout: 20_000 })
    .not.toBe("0\n");
  await lease.fence(run, [change.mark], signal);
  expect(await acting).not.toMatchObject({ code: 0 });
  expect(await lease.undo(run, change.id, change.wayBack, signal)).toMatchObject({ outcome: "already" });
  expect(await machine.outside("sh", "-c", "ps ax -o args | grep -cx 'sleep 30' || :")).toBe("0\n");
});

test("a disk that is full hinders no way back", async () => {
  await using machine = await startNamespaceHost();
  const before = await photograph(machine);
  await machine.outside("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", "/var/lib");
  const { lease } = await leased(machine, 2_000);
  await lease.break(
    {
      ...fileChange("f1", "/var/lib/fill"),
      act: ["sh", "-c", "head -c 2m /dev/zero >/var/lib/fill; [ -s /var/lib/fill ]"],
    },
    signal,
  );
  await expect.poll(() => exists(machine, "/var/lib/fill"), { timeout: 20_000, interval: 200 }).toBe(false);
  await expect.poll(() => exists(machine, "/var/lib/chaos-agents"), { timeout: 20_000, interval: 200 }).toBe(false);
  await machine.outside("umount", "/var/lib");
  expect(hostDifferences(before, await photograph(machine))).toEqual([]);
});

test("a disk that was full before is told, and nothing is broken or left", async () => {
  await using machine = await startNamespaceHost();
  await machine.outside("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", "/var/lib");
  await machine.outside("sh", "-c", "head -c 1m /dev/zero >/var/lib/full 2>/dev/null; [ -s /var/lib/full ]");
  const before = await photograph(machine);
  const { lease } = await leased(machine, 60_000);
  const { code, stderr } = await lease.break(fileChange("f1", "/tmp/never"), signal);
  expect(code).toBe(1);
  expect(stderr).toContain("the way back cannot be kept in /var/lib/chaos-agents (0 free)");
  expect(hostDifferences(before, await photograph(machine))).toEqual([]);
  expect(await machine.outside("sh", "-c", "ls -A /run /var/lib | grep chaos || :")).toBe("");
});
