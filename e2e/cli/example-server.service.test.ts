import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Event, Host } from "@chaos-agents/core";
import { microvmMissing, openRoom, testImage } from "@chaos-agents/microvm/room";
import { hostDifferences, photographHost } from "@chaos-agents/testkit";
import { lastingDifferences } from "@chaos-agents/testkit/contract";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Playground, eventsOf, root } from "./chaos.ts";

const missing = microvmMissing();
const example = join(root, "config/example-server.yaml");

/** The user of the file, and beside nginx services that the file chooses, excludes, or passes over. */
const services = ["postgresql", "docker", "containerd", "unrelated"];
const prepare = `
  useradd --create-home chaos && usermod --password '*' chaos
  echo 'chaos ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/chaos
  install -d -o chaos -m 700 /home/chaos/.ssh
  install -o chaos -m 600 /root/.ssh/authorized_keys /home/chaos/.ssh/
  for name in ${services.join(" ")}; do
    printf '[Service]\\nExecStart=/bin/sleep infinity\\n' >/etc/systemd/system/$name.service
  done
  systemctl daemon-reload
  systemctl start ${services.join(" ")}`;

describe.skipIf(missing)(
  `config/example-server.yaml on a machine with systemd${missing ? `: ${missing}` : ""}`,
  { timeout: 300_000 },
  () => {
    let room: Awaited<ReturnType<typeof openRoom>>;
    let side: Host;
    let playground: Playground;
    let env: Record<string, string>;
    beforeAll(async () => {
      await testImage();
      room = await openRoom();
      const signal = AbortSignal.timeout(300_000);
      const { id } = await room.provider.make({ network: "user" }, "example", signal);
      side = await room.provider.connect(id, signal);
      await outside(prepare);
      playground = await Playground.open();
      const HOME = playground.path("somebody");
      await mkdir(join(HOME, ".ssh"), { recursive: true });
      await copyFile(join(room.path, id, "client-key"), join(HOME, ".ssh/id_ed25519"));
      await copyFile(join(room.path, id, "known-hosts"), join(HOME, ".ssh/known_hosts"));
      const { host, port } = JSON.parse(await readFile(join(room.path, id, "way.json"), "utf8")) as Record<
        string,
        string
      >;
      env = { HOME, SERVER: host!, SERVER_PORT: `${port}`, DISK: "300MB", MEMORY: "96M" };
    }, 900_000);
    afterAll(async () => {
      await playground?.[Symbol.asyncDispose]();
      await side?.[Symbol.asyncDispose]();
      await room?.[Symbol.asyncDispose]();
    }, 60_000);

    const outside = async (...argv: [string] | [string, string, ...string[]]) => {
      const { code, stdout, stderr } = await side.exec(argv.length === 1 ? ["sh", "-c", argv[0]] : argv);
      if (code === 0) return stdout;
      throw new Error(`${argv.join(" ")}: ${stderr}`);
    };
    const states = async () => {
      const all = ["nginx", ...services];
      const said = (await outside(`systemctl is-active ${all.join(" ")} || :`)).trim().split("\n");
      return Object.fromEntries(all.map((name, i) => [name, said[i]]));
    };
    const running = {
      nginx: "active",
      postgresql: "active",
      docker: "active",
      containerd: "active",
      unrelated: "active",
    };
    const photograph = () => photographHost((argv) => outside(...(argv as [string, string])));

    test("[CA-02] [CA-10] [CA-28] [CA-29] [CA-30] [CA-31] [CA-32] chaos run config/example-server.yaml breaks it as it says, and puts it back", async () => {
      const before = await photograph();
      const experiment = playground.start(["run", example, "--yes", "--json"], { env });
      const observing = (event: Event) => event.type === "phase-started" && event.phase === "observe";
      await experiment.event(observing);
      expect(await states()).toEqual({ ...running, nginx: "inactive", postgresql: "inactive" });
      expect(await outside("stat -c %a /etc/nginx/nginx.conf; stat -c %s /tmp/.chaos-*.fill")).toBe(
        `0\n${300 * 2 ** 20}\n`,
      );
      expect(Number(await outside("pgrep -c stress-ng-cpu"))).toBe(2);
      expect(Number(await outside("pgrep -c stress-ng-vm"))).toBeGreaterThan(0);
      experiment.kill("SIGINT");
      const { code, stdout, stderr } = await experiment.ended;
      expect(code, `${stderr}\n${stdout}`).toBe(130);
      const events = eventsOf(stdout);
      const landed = events.flatMap((event) => (event.type === "fault-witnessed" ? [event.landed] : []));
      expect(landed).toEqual([true, true, true, true, true, true]);
      expect(events.findLast((event) => event.type === "run-finished")).toMatchObject({
        verdict: "interrupted",
        left: [],
      });
      expect(await states()).toEqual(running);
      const oracle = { photograph, differences: hostDifferences, patience: 20_000 };
      expect(await lastingDifferences(oracle, before)).toEqual([]);
    });

    test("[CA-10] [CA-30] exclude_services and resource_filters hold for services that are chosen and for those that are named", async () => {
      const text = await readFile(example, "utf8");
      const dryRun = async (name: string, change: (text: string) => string) => {
        await writeFile(playground.path(`${name}.yaml`), change(text));
        return await playground.run(["run", `${name}.yaml`, "--dry-run"], { env });
      };
      const named = (name: string) => (old: string) => old.replace("max_services: 2", `services: [${name}]`);
      const [chosen, excluded, passedOver] = await Promise.all([
        dryRun("chosen", (old) => old.replace("[docker, containerd]", "[docker, containerd, nginx]")),
        dryRun("excluded", (old) => named("docker")(old).replace("- nginx.*", "- docker")),
        dryRun("passed-over", named("unrelated")),
      ]);
      expect(chosen, chosen.stderr).toMatchObject({ code: 0 });
      expect(chosen.stdout).toContain("stop postgresql.service");
      expect(chosen.stdout).not.toContain("nginx.service");
      expect(excluded.code).not.toBe(0);
      expect(excluded.stdout + excluded.stderr).toContain("docker.service is in exclude_services");
      expect(passedOver.code).not.toBe(0);
      expect(passedOver.stdout + passedOver.stderr).toContain("unrelated.service does not pass resource_filters");
      expect(await states()).toEqual(running);
    });
  },
);
