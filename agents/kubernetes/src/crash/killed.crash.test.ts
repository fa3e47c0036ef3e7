import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { kubeconfigFile, startPlainFront, startWireProxy } from "@chaos-agents/testkit";
import { experimentOf } from "@chaos-agents/testkit/contract";
import { type CrashSubject, crashMatrix, crashTable, crashTotals } from "@chaos-agents/testkit/crash";
import { expect, test } from "vitest";
import { type ClusterBed, agent, bed, cluster, onCluster } from "../test/cluster-bed.fixture.ts";
import { type ClusterFault, faults } from "./cluster-faults.fixture.ts";

const catalog = { module: new URL("../index.ts", import.meta.url).href, export: "kubernetesAgent" };

/** Its faults in a namespace of its own; requests of the run go through a proxy that reads them. */
function subjectOf(
  of: ClusterBed,
  some: readonly ClusterFault[],
  seen: Map<string, number>,
  front: { host: string; port: number },
  folder: string,
): CrashSubject {
  const experiment = (kubeconfig: string) =>
    experimentOf({
      targets: {
        main: {
          kind: "kubernetes",
          config: agent.config.parse({ kubeconfig, namespace: of.namespace, lease: "10m" }) as Record<string, unknown>,
        },
      },
      skills: some.map(({ skill, params }) => ({
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
    oracle: of.oracle,
    async landed() {
      const felt = await Promise.all(some.map((fault) => fault.felt(of)));
      some.forEach(({ skill }, i) => felt[i] && seen.set(skill, (seen.get(skill) ?? 0) + 1));
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
  };
}

onCluster("a cluster", () => {
  test("[CA-41] what was made and what was changed, killed anywhere, is as before once the run is recovered", async () => {
    await using of = await bed("k8s.scale", {}, async () => false);
    await using front = await startPlainFront(cluster().server, cluster().ca);
    await using cleaning = new AsyncDisposableStack();
    const folder = await mkdtemp(join(tmpdir(), "chaos-through-"));
    cleaning.defer(() => rm(folder, { recursive: true, force: true }));
    const seen = new Map<string, number>();
    const report = await crashMatrix({
      name: "what was made and what was changed",
      seed: 1,
      ...subjectOf(of, faults, seen, front, folder),
    });
    console.log(crashTable(report), seen);
    const { kills, landed, residues } = crashTotals(report);
    expect(residues).toEqual([]);
    expect(landed, "a fault was there in some of the kills").toBeGreaterThan(0);
    expect(kills - landed, "and none in others").toBeGreaterThan(0);
    expect([...seen.keys()].toSorted(), "each was there in some of the kills").toEqual(
      faults.map(({ skill }) => skill).toSorted(),
    );
  }, 1_200_000);
});
