import { mkdir, readFile, readdir, stat, writeFile } from "node:fs/promises";
import type { Event } from "@chaos-agents/core";
import { type SshServer, sshdMissing, startSshd } from "@chaos-agents/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Playground } from "./chaos.ts";

const missing = sshdMissing() ?? (process.getuid?.() === 0 ? undefined : "a server with users of its own needs root");
if (missing && process.env["CI"] === "true") throw new Error(missing);

async function playgroundWith(file: string): Promise<Playground> {
  const playground = await Playground.open();
  await writeFile(playground.path("servers.yaml"), file);
  return playground;
}

const observing = (event: Event) => event.type === "phase-started" && event.phase === "observe";

describe.skipIf(missing)("servers over a real sshd", () => {
  let server: SshServer;
  beforeAll(async () => {
    server = await startSshd();
    await mkdir(server.path("/tmp/app"), { recursive: true });
    await writeFile(server.path("/tmp/app/app.conf"), "secret", { mode: 0o640 });
  });
  afterAll(() => server.stop());

  const file = (duration: string, lease = "15s") => `experiments:
  - name: a-bad-day
    target: server
    target_config:
      hosts:
        - { host: "${server.host}", port: ${server.port}, username: chaos, auth: { type: key, private_key_path: "${server.privateKey}" } }
      known_hosts: "${server.knownHosts}"
      lease: ${lease}
    skills:
      - { skill_name: server.disk_fill, params: { size: 20MB, target_mount: /tmp } }
      - { skill_name: server.permission_change, params: { paths: [/tmp/app/app.conf], mode: "000" } }
      - { skill_name: server.memory_stress, params: { memory: 16MB } }
    duration: ${duration}
`;
  const mode = async () => ((await stat(server.path("/tmp/app/app.conf"))).mode & 0o777).toString(8);
  const filled = async () => (await readdir(server.path("/tmp"))).filter((name) => name.endsWith(".fill"));
  const ours = async () =>
    (await Promise.all(["/run", "/var/lib"].map((folder) => readdir(server.path(folder)))))
      .flat()
      .filter((name) => name === "chaos-agents");
  const expectWhole = async () => {
    expect(await mode()).toBe("640");
    expect(await filled()).toEqual([]);
    expect(await ours()).toEqual([]);
    expect(await readFile(server.path("/tmp/app/app.conf"), "utf8")).toBe("secret");
  };

  test("[CA-10] [CA-28] [CA-29] [CA-32] an experiment on a server runs, is felt, and leaves nothing", async () => {
    await using playground = await playgroundWith(file("2s"));
    const dry = await playground.run(["run", "servers.yaml", "--dry-run"]);
    expect(dry).toMatchObject({ code: 0 });
    expect(dry.stdout).toContain("change the mode of /tmp/app/app.conf from 640 to 000");
    expect(dry.stdout).toMatch(/It touches .*\b1 host\b/);
    await expectWhole();
    const running = playground.start(["run", "servers.yaml", "--yes", "--json"]);
    await running.event(observing);
    expect(await mode()).toBe("0");
    expect(await filled()).toHaveLength(1);
    const { code, stdout } = await running.ended;
    expect(code, stdout).toBe(0);
    await expectWhole();
  });

  test("[CA-41] killed, it is put back by recover", async () => {
    await using playground = await playgroundWith(file("1h", "10m"));
    const running = playground.start(["run", "servers.yaml", "--yes", "--json"]);
    const { run } = await running.event(observing);
    running.kill("SIGKILL");
    await running.ended;
    expect(await mode()).toBe("0");
    const doctor = await playground.run(["doctor", "servers.yaml"]);
    expect(doctor.stdout).toContain(`3 changes of run ${run} to put back`);
    expect(await playground.run(["recover", run])).toMatchObject({ code: 0 });
    await expectWhole();
    expect(await playground.run(["doctor", "servers.yaml"])).toMatchObject({ code: 0 });
  });

  test("[CA-41] killed, and nobody comes back: the server puts itself right when the lease is over", async () => {
    await using playground = await playgroundWith(file("1h", "3s"));
    const running = playground.start(["run", "servers.yaml", "--yes", "--json"]);
    const { run } = await running.event(observing);
    running.kill("SIGKILL");
    await running.ended;
    await expect.poll(() => mode(), { timeout: 30_000, interval: 100 }).toBe("640");
    await expect.poll(() => ours(), { timeout: 10_000, interval: 100 }).toEqual([]);
    await expectWhole();
    expect(await playground.run(["recover", run])).toMatchObject({ code: 0 });
    await expectWhole();
  });

  test("the network is cut in the middle: the server heals, the run says so, recover finds nothing left", async () => {
    await using playground = await playgroundWith(file("1h", "3s"));
    const running = playground.start(["run", "servers.yaml", "--yes", "--json"]);
    await running.event(observing);
    await server.link!.cut();
    await expect.poll(() => mode(), { timeout: 30_000, interval: 100 }).toBe("640");
    await server.link!.mend();
    const { code, stdout } = await running.ended;
    expect(code, stdout).toBe(1);
    await expect.poll(() => ours(), { timeout: 10_000, interval: 100 }).toEqual([]);
    await expectWhole();
    expect(stdout).toContain("fault-lost");
    await playground.run(["recover", "--all"]);
    await expectWhole();
  });

  test("the journal is lost: sweep finds our records on the server and puts them back", async () => {
    await using playground = await playgroundWith(file("1h", "10m"));
    const running = playground.start(["run", "servers.yaml", "--yes", "--json"]);
    await running.event(observing);
    running.kill("SIGKILL");
    await running.ended;
    await using other = await playgroundWith(file("1h", "10m"));
    expect(await other.run(["recover", "--sweep", "servers.yaml"])).toMatchObject({ code: 0 });
    await expectWhole();
  });
});
