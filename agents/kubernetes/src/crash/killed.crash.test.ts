import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { kubeconfigFile, startPlainFront, startWireProxy } from "@chaos-agents/testkit";
import { experimentOf } from "@chaos-agents/testkit/contract";
import { type CrashSubject, crashMatrix, crashTable, crashTotals } from "@chaos-agents/testkit/crash";
import { expect, test } from "vitest";
import { type ClusterBed, agent, bed, cluster, onOwnCluster } from "../test/cluster-bed.fixture.ts";
import { type ClusterFaults, faultsTogether } from "./cluster-faults.fixture.ts";

const catalog = { module: new URL("../index.ts", import.meta.url).href, export: "kubernetesAgent" };

const isSample = process.env["CRASH_POINTS"] === undefined;
async function restart(): Promise<void> {
  await cluster().killApiServer();
  await cluster().startApiServer();
}

/** Its faults in a namespace of its own; requests of the run go through a proxy that reads them. */
function subjectOf(
  of: ClusterBed,
  { faults, config, ready, asBefore = (photograph) => photograph }: ClusterFaults,
  seen: Set<number>,
  front: { host: string; port: number },
  folder: string,
): CrashSubject {
  const experiment = (kubeconfig: string) =>
    experimentOf({
      targets: {
        main: {
          kind: "kubernetes",
          config: agent.config.parse({ kubeconfig, namespace: of.namespace, lease: "10m", ...config }),
        },
      },
      skills: faults.map(({ skill, params }) => ({
        skill,
        params: agent.skills.find(({ name }) => name === skill)!.params.parse(params) as Record<string, unknown>,
        count: 1,
        target: "main",
      })),
      duration: 3_599_999,
    });
  const through = join(folder, "through");
  return {
    catalog,
    experiment: experiment(cluster().kubeconfig),
    // controllers wait longer and longer before they ask again an API server that was away
    oracle: { ...of.oracle, patience: 90_000, photograph: async () => asBefore(await of.oracle.photograph()) },
    ready: async () => await ready?.(of),
    async landed() {
      const felt = await Promise.all(faults.map((fault) => fault.felt(of)));
      felt.forEach((was, i) => was && seen.add(i));
      return felt.includes(true);
    },
    wire: {
      async open() {
        const proxy = await startWireProxy({ to: front, engine: "http" });
        const { token } = cluster();
        await writeFile(through, kubeconfigFile({ server: `http://127.0.0.1:${proxy.port}`, token }));
        return proxy;
      },
      through: () => experiment(through),
    },
    // a restart takes as long as several kills
    ...(isSample ? {} : { restart }),
  };
}

onOwnCluster("a cluster", "nodes and kube-system to break", () => {
  test.for(faultsTogether)("[CA-41] $name, killed anywhere, is as before once the run is recovered", async (group) => {
    const { name, faults, objects = [], sample } = group;
    await using of = await bed("k8s.scale", {}, async () => false, objects);
    await of.until("its pods are ready, and those of the test before gone", async () => {
      const { items } = await of.call("GET", of.at("deployments"));
      const pods = await of.call("GET", "/api/v1/pods");
      return (
        items.every(({ spec, status }: any) => status?.readyReplicas === spec.replicas) &&
        pods.items.every(({ metadata }: any) => metadata.namespace === of.namespace)
      );
    });
    await using front = await startPlainFront(cluster().server, cluster().ca);
    await using cleaning = new AsyncDisposableStack();
    const folder = await mkdtemp(join(tmpdir(), "chaos-through-"));
    cleaning.defer(() => rm(folder, { recursive: true, force: true }));
    const seen = new Set<number>();
    const points = isSample ? { points: sample } : {};
    const report = await crashMatrix({ name, seed: 1, ...points, ...subjectOf(of, group, seen, front, folder) });
    console.log(crashTable(report));
    const { kills, landed, residues } = crashTotals(report);
    expect(residues).toEqual([]);
    expect(landed, "a fault was there in some of the kills").toBeGreaterThan(0);
    expect(kills - landed, "and none in others").toBeGreaterThan(0);
    expect(
      faults.filter((_, i) => !seen.has(i)).map(({ skill }) => skill),
      "each was there in some of the kills",
    ).toEqual([]);
  });
});
