import { type HostPhotograph, hostDifferences } from "@chaos-agents/testkit";
import { lastingDifferences } from "@chaos-agents/testkit/contract";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Controllers, type Faults, oursOn } from "../test/controller.fixture.ts";
import { RealMachine, isSample, microvmMissing } from "../test/real-machine.fixture.ts";

const missing = microvmMissing();

const late = (seconds: string) => Number(seconds) - Date.now() / 1_000;

/** What a watchdog needs, taken away; each with a look from outside that says so. */
const starving: [what: string, faults: (free: number) => Faults, looks: string, seen: (said: string) => boolean][] = [
  [
    "no space and no inodes are left",
    () => [
      ["server.disk_fill", { size: "100%", target_mount: "/" }],
      ["server.inode_fill", { inodes: "100%", target_mount: "/var/lib/chaos-agents" }],
    ],
    "df -P / | awk 'NR == 2 { print $5 }'; df -Pi /var/lib/chaos-agents | awk 'NR == 2 { print $4 }'",
    (said) => said === "100%\n0\n",
  ],
  [
    "no memory is left",
    (free) => [["server.memory_stress", { memory: `${Math.floor(free / 2 ** 20) - 40}MB` }]],
    "awk '/^MemAvailable:/ { print $2 }' /proc/meminfo",
    (said) => Number(said) < 100_000,
  ],
  [
    "everything waits for processors and disks, no file can be opened, and the kernel is set otherwise",
    () => [
      ["server.fd_exhaust", { service: "nginx", count: "all" }],
      [
        "server.sysctl_change",
        {
          changes: [
            { param: "vm.swappiness", value: 11 },
            { param: "kernel.sched_rt_runtime_us", value: 100_000 },
          ],
        },
      ],
      ["server.io_stress", {}],
      ["server.cpu_stress", { workers: 4 }],
    ],
    "pgrep -c stress-ng-cpu; cat /proc/sys/vm/swappiness",
    (said) => said === "4\n11\n",
  ],
  [
    "the clock is 400 days ahead",
    () => [["server.clock_skew", { offset: "+400d" }]],
    "date +%s",
    (said) => late(said) > 399 * 86_400,
  ],
  [
    "the clock is ten minutes behind",
    () => [["server.clock_skew", { offset: "-10m" }]],
    "date +%s",
    (said) => late(said) < -500,
  ],
];

describe.skipIf(missing !== undefined || isSample)(
  `a machine whose controller is gone heals itself${missing ? `: ${missing}` : ""}`,
  { timeout: 600_000 },
  () => {
    let machine: RealMachine;
    let before: HostPhotograph;
    beforeAll(async () => {
      machine = await RealMachine.open();
      // full also for root; and a place for records where inodes can run out in a moment
      await machine.line(`
        tune2fs -r 0 /dev/vda >/dev/null
        mkdir /var/lib/chaos-agents && mount -t tmpfs -o size=1m,nr_inodes=400 tmpfs /var/lib/chaos-agents`);
      before = await machine.photograph();
    }, 900_000);
    const expectHealed = async () => {
      await expect.poll(() => oursOn(machine), { timeout: 240_000, interval: 1_000 }).toBe("/var/lib/chaos-agents\n");
      const { photograph } = machine;
      const oracle = { differences: hostDifferences, photograph, patience: 30_000 };
      expect(await lastingDifferences(oracle, before)).toEqual([]);
    };
    afterAll(() => machine?.[Symbol.asyncDispose](), 60_000);

    test("systemd takes every word of the watchdog's unit, and starts it again however often it is killed", async () => {
      await using controllers = await Controllers.open(machine);
      await controllers.breakAndDie([["server.permission_change", { paths: ["/etc/nginx/nginx.conf"] }]], "15s");
      const facts = "StartLimitIntervalUSec,OOMScoreAdjust,CPUWeight,MemoryMin,ControlGroup,UnitFileState,Restart";
      const unit = (await machine.line("cd /etc/systemd/system && ls -d chaos-agents-*")).trim();
      const shown = await machine.line(`
        systemctl show --property=${facts} ${unit}
        journalctl --quiet --output=cat _PID=1 --grep='${unit}.*(Unknown|inaccessible)' || :`);
      expect(shown.trim().split("\n").toSorted()).toEqual([
        "CPUWeight=10000",
        `ControlGroup=/${unit}`,
        "MemoryMin=16777216",
        "OOMScoreAdjust=-1000",
        "Restart=always",
        "StartLimitIntervalUSec=0",
        "UnitFileState=enabled",
      ]);
      await machine.line(`systemctl kill --signal=KILL ${unit}`);
      await expectHealed();
    });

    test("a unit that finds nothing to watch, since the power was cut while it went, removes itself", async () => {
      await using controllers = await Controllers.open(machine);
      await controllers.breakAndDie([["server.permission_change", { paths: ["/etc/nginx/nginx.conf"] }]], "15s");
      await machine.line(`
        rm -rf /var/lib/chaos-agents/* /run/chaos-agents; chmod 644 /etc/nginx/nginx.conf
        systemctl kill --signal=KILL 'chaos-agents-*'`);
      await expectHealed();
    });

    test.for(starving)("though %s", async ([, faults, looks, seen]) => {
      await using controllers = await Controllers.open(machine);
      const free = Number(await machine.line("awk '/^MemAvailable:/ { print $2 * 1024 }' /proc/meminfo"));
      await controllers.breakAndDie(faults(free), "15s");
      expect(await machine.line(looks)).toSatisfy(seen);
      await expectHealed();
    });
  },
);
