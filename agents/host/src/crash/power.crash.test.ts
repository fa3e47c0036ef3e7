import { systemClock } from "@chaos-agents/core";
import type { HostPhotograph } from "@chaos-agents/testkit";
import { type Subject, lastingDifferences, skillContract } from "@chaos-agents/testkit/contract";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hostAgent } from "../index.ts";
import { Lease } from "../lease.ts";
import { Controllers, type Faults, oursOn } from "../test/controller.fixture.ts";
import { RealMachine, isSample, microvmMissing } from "../test/real-machine.fixture.ts";

const missing = microvmMissing();

/** Faults that a reboot does not mend, and one that it does. */
const faults: Faults = [
  ["server.dns_spoof", { records: { "db.internal": "10.0.0.9" } }],
  ["server.permission_change", { paths: ["/etc/nginx/nginx.conf"] }],
  ["server.disk_fill", { size: "200MB", target_mount: "/" }],
  ["server.service_stop", { services: ["cron"] }],
];
const felt = `
  stat -c %a /etc/nginx/nginx.conf; ls -A / | grep -c fill; grep -c db.internal /etc/hosts; systemctl is-active cron nginx`;

describe.skipIf(missing !== undefined)(
  `a machine that goes down while it is broken${missing ? `: ${missing}` : ""}`,
  { timeout: 600_000 },
  () => {
    let machine: RealMachine;
    let before: HostPhotograph;
    beforeAll(async () => {
      machine = await RealMachine.open("boot");
      before = await machine.photograph();
    }, 900_000);
    afterAll(() => machine?.[Symbol.asyncDispose](), 60_000);
    const expectWhole = async (when: string) => {
      expect(await oursOn(machine), when).toBe("");
      const { differences, photograph } = machine;
      expect(await lastingDifferences({ differences, photograph, patience: 20_000 }, before), when).toEqual([]);
    };
    const healed = () => expect.poll(() => oursOn(machine), { timeout: 200_000, interval: 500 }).toBe("");

    /** Waits until every watchdog has given its controller one more lease, which is told; then that time passes at once. */
    const untilLeasesAreOver = async (): Promise<string[]> => {
      const left = await machine.line(`
        for kept in /var/lib/chaos-agents/*/; do
          live=/run/chaos-agents/$(basename "$kept")
          until [ -e "$live/deadline" ]; do sleep 0.1; done
          read -r up _ </proc/uptime
          read -r deadline <"$live/deadline"
          [ $((deadline - \${up%.*})) -gt 0 ] && echo 'some time left' || echo over
          echo 0 >"$live/passed" && mv "$live/passed" "$live/deadline"
        done`);
      return left.trimEnd().split("\n");
    };

    /** One change of a run of its own: whatever is sent to the machine is there when `seen` is. */
    async function change(run: string, path: string, act: string, seen: string): Promise<Disposable> {
      const host = await machine.login();
      const lease = new Lease({ host: async () => host, label: "machine", clock: systemClock, ms: 600_000 });
      const wayBack = { asBefore: ["test", "!", "-e", path], isOurs: ["true"], putBack: ["rm", "-f", "--", path] };
      const dying = AbortSignal.timeout(300_000);
      const sent = lease.break({ run, mark: `chaos/${run}/f1`, id: "1-f1-0", wayBack, act: ["sh", "-c", act] }, dying);
      const ended = sent.then(({ code, stderr }) => Promise.reject(new Error(`it ended with ${code}: ${stderr}`)));
      ended.catch(() => undefined);
      await Promise.race([machine.line(`until [ -e ${seen} ]; do sleep 0.1; done`), ended]);
      return { [Symbol.dispose]: () => void host[Symbol.asyncDispose]() };
    }

    test("the power is cut, and nobody comes back: it puts right what stands, what was about to be, and what had just been done", async () => {
      await using controllers = await Controllers.open(machine);
      await controllers.breakAndDie(faults, "10m");
      expect(await machine.line(felt)).toBe("0\n1\n1\ninactive\nactive\n");
      // kept, and not done; done, and as durable as it can be, with nothing else written out
      using _kept = await change("20261122-000000-aaaaaa", "/root/a", ">/run/kept; sleep 600; >/root/a", "/run/kept");
      using _done = await change(
        "20261122-000000-bbbbbb",
        "/root/b",
        ">/root/b; sync /root/b; >/run/done; sleep 600",
        "/run/done",
      );
      await machine.cutPower();
      expect(await untilLeasesAreOver()).toEqual(Array(3).fill("some time left"));
      await healed();
      await expectWhole("after the power cut");
      expect(await controllers.recover(), "a controller that comes late finds nothing to do").toEqual([]);
      await expectWhole("after the late recovery");
    });

    test.skipIf(isSample)("it is rebooted in order, and nobody comes back: it puts right what stands", async () => {
      await using controllers = await Controllers.open(machine);
      await controllers.breakAndDie(faults, "10m");
      await machine.reboot();
      expect(await machine.line(felt), "what a reboot does not mend stands").toBe("0\n1\n1\nactive\nactive\n");
      expect(await untilLeasesAreOver()).toEqual(["some time left"]);
      await healed();
      await expectWhole("after the reboot");
    });

    test.skipIf(isSample)(
      "the power is cut while a fault is made, and again when it is undone: the controller puts right the one, the other changes nothing",
      async () => {
        await using controllers = await Controllers.open(machine);
        await controllers.breakAndDie(faults, "10m", { write: "event fault-injected", side: "before" });
        await machine.line("sync");
        await machine.cutPower();
        expect(await machine.line(felt)).not.toBe("644\n0\n0\nactive\nactive\n");
        expect(await controllers.recover()).toEqual([]);
        // names and rights are on disk, what was written to files may not be
        await machine.line("sync /root");
        await machine.cutPower();
        await expectWhole("after the second power cut");
      },
    );

    const boot = () => machine.line("cat /proc/sys/kernel/random/boot_id");
    // started by hand, and so not by the boot
    const byHand = `
    printf '[Service]\\nExecStart=/bin/sleep infinity\\n' >/etc/systemd/system/by-hand.service
    systemctl daemon-reload
    systemctl start by-hand`;
    for (const mode of isSample ? ["graceful"] : ["graceful", "hard"]) {
      skillContract<Subject<HostPhotograph>>({
        agent: hostAgent((_login, _config, { signal }) => machine.login(signal)),
        skill: "server.reboot",
        where: `a real machine, ${mode}`,
        only: /^it lands/,
        async subject() {
          await machine.line(byHand);
          let known = await boot();
          return {
            config: { hosts: [{ host: "machine", username: "root" }] },
            params: { mode },
            async observeEffect() {
              const now = await boot();
              const anew = now !== known;
              known = now;
              return anew;
            },
            oracle: { ...machine.oracle, differences: machine.differences },
            async [Symbol.asyncDispose]() {},
          };
        },
      });
    }
  },
);
