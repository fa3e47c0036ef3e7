import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Experiment, seededRandom } from "@chaos-agents/core";
import { StopSource } from "@chaos-agents/engine";
import { builtInProbes } from "@chaos-agents/engine/probes";
import { type ClusterPhotograph, kubeconfigFile, startPlainFront, startWireProxy } from "@chaos-agents/testkit";
import { Stage, experimentOf, lastingDifferences } from "@chaos-agents/testkit/contract";
import { expect, test } from "vitest";
import { type ClusterBed, agent, bed, cluster, onOwnCluster } from "../test/cluster-bed.fixture.ts";

const asked = process.env["CRASH_POINTS"] ?? "2";
const random = seededRandom(1);
/** Of messages 1 to `last`, those at which the API server dies. */
const moments = (last: number): number[] => {
  const all = Array.from({ length: last }, (_, i) => i + 1);
  return asked === "all" || Number(asked) >= last ? all : random.sample(all, Number(asked));
};

const uses = {
  "k8s.network_chaos": { pod_selector: { app: "web" } },
  "k8s.scale": { names: ["web"], replicas: 2 },
};
const experimentFor = ({ namespace }: ClusterBed, kubeconfig: string) =>
  experimentOf({
    targets: { main: { kind: "kubernetes", config: agent.config.parse({ kubeconfig, namespace, lease: "10m" }) } },
    skills: Object.entries(uses).map(([skill, params]) => ({
      skill,
      params: agent.skills.find(({ name }) => name === skill)!.params.parse(params) as Record<string, unknown>,
      count: 1,
      target: "main",
    })),
  });

/** The administrator's way in, on which the API server dies at the n-th message, and is started again at once. */
async function wireTo(of: ClusterBed, n?: number) {
  const stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "chaos-through-"));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const front = stack.use(await startPlainFront(cluster().server, cluster().ca));
  const proxy = stack.use(await startWireProxy({ to: front, engine: "http" }));
  const path = join(folder, "kubeconfig");
  await writeFile(path, kubeconfigFile({ server: `http://127.0.0.1:${proxy.port}`, token: cluster().token }));
  let back: Promise<void> | undefined;
  if (n !== undefined) {
    proxy.onMessage(n, async () => {
      const killed = cluster().killApiServer();
      back = killed.then(() => cluster().startApiServer());
      await killed;
      return "cut" as const;
    });
    // the one before it was done, and was not answered
    if (n > 1 && n % 2 === 0) proxy.onMessage(n - 1, () => "forward-and-cut");
  }
  return {
    messages: proxy.messages,
    experiment: experimentFor(of, path),
    /** Once the API server is back; false where it never died, because the run had ended for want of an answer. */
    async back() {
      await back;
      return back !== undefined;
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** Stands only until that is seen; with `hurry`, ends without waiting for who does not answer. */
async function runOn(stage: Stage, experiment: Experiment, whenStanding?: () => Promise<"hurry">) {
  const stop = new StopSource();
  const end = async () => {
    await stage.seen("phase-started", ({ phase }) => phase === "observe");
    const how = await whenStanding?.();
    stop.stop("interrupt", "the test has seen enough");
    if (how === "hurry") stop.stop("interrupt", "and does not wait");
  };
  void end();
  return await stage.run(experiment, { stop });
}

onOwnCluster("the API server is killed and started again", "an API server to kill", () => {
  test("[CA-41] in the middle of a run: all is as before when it is over, or once it is recovered", async () => {
    await using of = await bed("k8s.scale", {}, async () => false);
    const before = await of.oracle.photograph();
    const direct = experimentFor(of, cluster().kubeconfig);
    await using counted = await wireTo(of);
    await using first = await Stage.open({ agents: [agent], probes: builtInProbes });
    expect(await runOn(first, counted.experiment)).toMatchObject({ left: [] });
    const ends: Record<string, number> = {};
    for (const n of moments(counted.messages.length)) {
      await using wire = await wireTo(of, n);
      await using stage = await Stage.open({ agents: [agent], probes: builtInProbes });
      const { run, verdict, left } = await runOn(stage, wire.experiment);
      const how = `${(await wire.back()) ? "" : "not killed: "}${verdict}, ${left.length} left`;
      ends[how] = (ends[how] ?? 0) + 1;
      if (left.length > 0)
        expect(await recover(stage, run, direct), `recovered after message ${n}`).toMatchObject({ left: [] });
      expect(await differencesTo(of, before), `killed at message ${n}`).toEqual([]);
    }
    console.log(`of ${counted.messages.length} messages`, ends);
    expect(Object.keys(ends).some((how) => !how.startsWith("not killed"))).toBe(true);
  });

  test("[CA-41] in the middle of a recovery: it, or the next, leaves all as before", async () => {
    await using of = await bed("k8s.scale", {}, async () => false);
    const before = await of.oracle.photograph();
    const direct = experimentFor(of, cluster().kubeconfig);
    const leftBehind = async () => {
      const stage = await Stage.open({ agents: [agent], probes: builtInProbes });
      const { run, left } = await runOn(stage, direct, async () => {
        await cluster().killApiServer();
        return "hurry";
      });
      await cluster().startApiServer();
      expect(left).toHaveLength(2);
      return { stage, run };
    };
    const sent = await (async () => {
      const { stage, run } = await leftBehind();
      await using _ = stage;
      await using counted = await wireTo(of);
      expect(await recover(stage, run, counted.experiment)).toMatchObject({ left: [] });
      return counted.messages.length;
    })();
    const ends: Record<string, number> = {};
    for (const n of moments(sent)) {
      const { stage, run } = await leftBehind();
      await using _ = stage;
      await using wire = await wireTo(of, n);
      const { left } = await recover(stage, run, wire.experiment);
      const how = `${(await wire.back()) ? "" : "not killed: "}${left.length} left`;
      ends[how] = (ends[how] ?? 0) + 1;
      if (left.length > 0)
        expect(await recover(stage, run, direct), `again after message ${n}`).toMatchObject({ left: [] });
      expect(await differencesTo(of, before), `killed at message ${n}`).toEqual([]);
    }
    console.log(`of ${sent} messages`, ends);
  });
});

/** Controllers wait longer and longer before they ask again an API server that was away. */
const differencesTo = ({ oracle }: ClusterBed, before: ClusterPhotograph) =>
  lastingDifferences({ ...oracle, photograph: () => oracle.photograph(), patience: 90_000 }, before);

const recover = (stage: Stage, run: string, experiment: Experiment) =>
  stage.recover(run, { revive: async () => ({ experiment, redact: (text) => text }) });
