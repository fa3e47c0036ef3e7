import { type Experiment, type SkillUse, systemClock } from "@chaos-agents/core";
import { StopSource, builtInProbes } from "@chaos-agents/engine";
import {
  EndingClock,
  Stage,
  expectWellKept,
  experimentOf,
  lastingDifferences,
  standing,
} from "@chaos-agents/testkit/contract";
import { describe, expect, test } from "vitest";
import { type MachineFault, machineFaults } from "../test/machine-faults.fixture.ts";
import { machineContract, sharedMachine } from "../test/machine.fixture.ts";
import { microvmMissing } from "../test/real-machine.fixture.ts";
import { skills } from "./index.ts";

const missing = microvmMissing();
const duration = 3_599_999;

/** Told to end, it goes on; only KILL ends it. */
const stubborn = `
  cat >/etc/systemd/system/stubborn.service <<'END'
[Service]
ExecStart=/bin/sh -c 'trap "" TERM; exec sleep infinity'
TimeoutStopSec=10min
END
  systemctl daemon-reload && systemctl start stubborn`;

describe.skipIf(missing)(`a real machine with systemd${missing ? `: ${missing}` : ""}`, { timeout: 900_000 }, () => {
  const shared = sharedMachine();
  const { agent, felt } = shared;
  // that much at once makes a small machine slow to answer
  const config = agent.config.parse({ ...shared.config, lease: "10m" });
  const catalog = { agents: [agent], probes: builtInProbes };

  const use = ({ skill, params }: Pick<MachineFault, "skill" | "params">): SkillUse => {
    const { params: schema } = skills.find(({ name }) => name === skill)!;
    return { skill, params: schema.parse(params) as Record<string, unknown>, count: 1, target: "main" };
  };
  const experiment = (uses: SkillUse[]): Experiment =>
    experimentOf({ targets: { main: { kind: "server", config } }, skills: uses, duration });

  test("every skill stands there at once, each is felt, and all of it is put back", async () => {
    const machine = shared.get();
    const names = machineFaults.map(({ skill }) => skill);
    // a machine that reboots stands by itself, in crash/power
    expect([...names, "server.reboot"].toSorted()).toEqual(skills.map(({ name }) => name).toSorted());

    await machine.line(machineFaults.map(({ prepare }) => `(${prepare ?? ":"}\n) || exit`).join("\n"));
    const before = await machine.photograph();
    expect(await felt(machineFaults), "nobody feels anything before").toEqual([]);

    const clock = new EndingClock(duration);
    await using stage = await Stage.open(catalog, clock);
    const running = stage.run(experiment(machineFaults.map(use)));
    await standing(stage, running);
    const unfelt = new Set<string>(names);
    const look = async () => {
      for (const name of await felt(machineFaults.filter(({ skill }) => unfelt.has(skill)))) unfelt.delete(name);
      return [...unfelt];
    };
    await expect.poll(look, { timeout: 120_000, message: "who does not feel it" }).toEqual([]);
    clock.end();
    expect(await running).toMatchObject({ verdict: "passed", left: [] });

    expect(stage.of("fault-witnessed").filter(({ landed }) => !landed)).toEqual([]);
    const sorted = (undos: readonly { undo: number }[]) => undos.map(({ undo }) => undo).toSorted((a, b) => a - b);
    expect(sorted(stage.of("undo-finished")), "each is undone once").toEqual(sorted(stage.of("undo-recorded")));
    expect(stage.of("verified").flatMap(({ residues }) => residues)).toEqual([]);
    expectWellKept(stage.events);
    expect(await felt(machineFaults), "nobody feels anything after").toEqual([]);
    expect(await lastingDifferences(machine.oracle, before)).toEqual([]);
  });

  test("a service that will not stop is told, and killed and started again, also when somebody is tired of waiting", async () => {
    const machine = shared.get();
    await machine.line(stubborn);
    const before = await machine.photograph();
    const stop = use({ skill: "server.service_stop", params: { services: ["stubborn"], patience: "4s" } });
    const expectBack = async () => {
      expect(await machine.line("systemctl is-active stubborn; systemctl list-jobs --no-legend")).toBe("active\n");
      expect(await lastingDifferences(machine.oracle, before)).toEqual([]);
    };
    {
      await using stage = await Stage.open(catalog);
      expect(await stage.run(experiment([stop]))).toMatchObject({ verdict: "unlanded", left: [] });
      expect(stage.of("fault-failed")).toMatchObject([
        { message: /stubborn\.service still runs 4 s after it was told to stop; systemd leaves it 10min$/ },
      ]);
      await expectBack();
    }
    await using stage = await Stage.open(catalog);
    const tired = new StopSource();
    const running = stage.run(experiment([stop]), { stop: tired });
    while ((await machine.line("systemctl is-active stubborn || :")) !== "deactivating\n")
      await systemClock.sleep(100, AbortSignal.timeout(60_000));
    tired.stop("interrupt", "enough");
    expect(await running).toMatchObject({ verdict: "interrupted", left: [] });
    await expectBack();
  });

  machineContract(
    shared,
    machineFaults.find(({ skill }) => skill === "server.service_degrade")!,
    /^what somebody else changed/,
    async () => {
      const { line } = shared.get();
      await line("systemctl set-property --runtime busy CPUQuota=33%");
      return async () => (await line("systemctl show --property=CPUQuotaPerSecUSec --value busy")) === "330ms\n";
    },
  );
});
