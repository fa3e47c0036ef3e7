import { rm } from "node:fs/promises";
import type { Experiment } from "@chaos-agents/core";
import { openStore } from "@chaos-agents/journal";
import { experimentOf } from "@chaos-agents/testkit/contract";
import { CrashChild, type CrashTask } from "@chaos-agents/testkit/crash";
import { makeTemporary } from "@chaos-agents/testkit/temporary";
import { machineAgent } from "./machine-agent.fixture.ts";
import type { RealMachine } from "./real-machine.fixture.ts";

const catalog = { module: new URL("machine-agent.fixture.ts", import.meta.url).href, export: "machineAgent" };

export type Faults = readonly (readonly [skill: string, params: Record<string, unknown>])[];

/** The moment when every fault stands and is seen to. */
export const allStand = { write: "event phase-started observe", side: "after" } as const;

/** Runs of one machine in processes that are killed, with their journals. */
export class Controllers implements AsyncDisposable {
  readonly #machine: RealMachine;
  readonly #home: string;

  private constructor(machine: RealMachine, home: string) {
    this.#machine = machine;
    this.#home = home;
  }

  static open = async (machine: RealMachine) => new Controllers(machine, await makeTemporary("memory"));

  /** Starts a run, holds it still there, and kills it. */
  async breakAndDie(faults: Faults, lease: string, hold: CrashTask["hold"] = allStand): Promise<void> {
    await using child = this.#start({ experiment: this.#experiment(faults, lease), hold });
    if (await child.hears("holds")) return;
    throw new Error(`its faults never stood: ${JSON.stringify(await child.ended())}`);
  }

  /** What recoveries of all its runs say is left. */
  async recover(): Promise<string[]> {
    const store = openStore(this.#home);
    const left: string[] = [];
    for (const { run } of await store.list()) {
      const experiment = (await store.header(run)).source as Experiment;
      await using child = this.#start({ experiment, recover: run });
      left.push(...(await child.ended()).left);
      const { pending, verdict } = await store.summary(run);
      if (pending > 0 || verdict === null) left.push(`run ${run} is ${verdict}, with ${pending} undos pending`);
    }
    return left;
  }

  #start(task: Omit<CrashTask, "home" | "catalog">): CrashChild {
    return new CrashChild({ home: this.#home, catalog, ...task }, { CHAOS_TEST_ROOM: this.#machine.room.path });
  }

  #experiment(faults: Faults, lease: string): Experiment {
    const hosts = [{ host: this.#machine.id, username: "root" }];
    const skills = faults.map(([skill, params]) => {
      const { params: schema } = machineAgent.skills.find(({ name }) => name === skill)!;
      return { skill, params: schema.parse(params) as Record<string, unknown>, count: 1, target: "main" };
    });
    const targets = { main: { kind: "server", config: machineAgent.config.parse({ hosts, lease }) } };
    return experimentOf({ targets, skills, duration: 3_599_999 });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#home, { recursive: true, force: true });
  }
}

/** Everything of ours on a machine; nothing, once it has healed. */
export const oursOn = ({ line }: RealMachine): Promise<string> =>
  line(`
    ls -d /var/lib/chaos-agents /run/chaos-agents /etc/systemd/system/*chaos-agents* \\
      /etc/systemd/system/*/*chaos-agents* 2>/dev/null
    systemctl list-units --all --plain --no-legend 'chaos-*20[0-9]*'
    grep -lsE 'CHAOS_(MARK|FAULT)=' /proc/[0-9]*/environ
    :`);
