import { readSync, writeSync } from "node:fs";
import { type Agent, type Catalog, ChaosError, type Event, type Experiment, seededRandom } from "@chaos-agents/core";
import { type RecoverRequest, StopSource, recoverRun, runExperiment, sweep } from "@chaos-agents/engine";
import { openStore } from "@chaos-agents/journal";
import { EndingClock } from "../contract/hand-clock.ts";
import type { CrashNews, CrashTask } from "./crash-spec.ts";
import { holdingStore } from "./holding-store.ts";

/** The process that is killed: one run or one recovery, with the real engine and the real journal. */
const task = JSON.parse(process.argv[2]!) as CrashTask;
const say = (news: CrashNews) => writeSync(1, `${JSON.stringify(news)}\n`);

/** Holds the whole process still, right here, until it is killed or told to go on. */
function hold(): void {
  say({ said: "holds" });
  readSync(0, Buffer.alloc(1));
}

const module = (await import(task.catalog.module)) as Record<string, Catalog | Agent>;
const found = module[task.catalog.export]!;
const catalog = "agents" in found ? found : { agents: [found], probes: [] };
const store = holdingStore(openStore(task.home), task.hold, hold);
const clock = new EndingClock(task.experiment.duration);
const { experiment } = task;
const redact = (text: string) => text;

/** As a file with a literal secret is revived: without the secret it cannot be. */
const revive: RecoverRequest["revive"] = async ({ secrets }) => {
  if (secrets["1"] === undefined) throw new ChaosError("missing-secret", "the journal has forgotten its secret");
  return { experiment, redact };
};
const common = { catalog, store, clock, random: seededRandom(1), stop: new StopSource() };

let standing: NodeJS.Timeout | undefined;
function endOnceStanding(event: Event): void {
  if (event.type !== "phase-started" || event.phase !== "observe") return;
  standing = setTimeout(() => clock.end(), task.standFor ?? 0);
}

say({ said: "began" });
const started = performance.now();
const { left, verdict, reason } = await work();
clearTimeout(standing);
say({ said: "ended", writes: store.writes, left, verdict, reason, ms: performance.now() - started });

async function work(): Promise<Pick<Extract<CrashNews, { said: "ended" }>, "left" | "verdict" | "reason">> {
  if (task.sweep) {
    const { swept } = await sweep(experiment, { catalog, clock, signal: common.stop.signal });
    const failed = swept.filter(({ result }) => result.outcome === "failed");
    return { left: failed.map(({ result }) => result.detail), verdict: null, reason: `${swept.length} marks` };
  }
  const outcome = task.recover
    ? await recoverRun({ ...common, run: task.recover, revive, listeners: [] })
    : await runExperiment({
        ...common,
        experiment,
        source: { ...experiment, owner: "${secret:1}" } satisfies Experiment,
        secrets: { "1": "a secret that recovery needs" },
        redact,
        version: "0.0.0-test",
        listeners: [endOnceStanding],
      });
  return { ...outcome, left: outcome.left.map(({ why }) => why) };
}
