import { skillContract } from "@chaos-agents/testkit/contract";
import { expect, test } from "vitest";
import { byHand, unsupported } from "../test/by-hand.fixture.ts";
import { type ClusterBed, agent, aloneOnNodes, bed, cluster, onOwnCluster } from "../test/cluster-bed.fixture.ts";

const nodePath = (name: string) => `/api/v1/nodes/${name}`;
const taintsOf = async (name: string): Promise<any[]> =>
  (await cluster().call("GET", nodePath(name))).spec.taints ?? [];
const setTaints = (name: string, taints: unknown) =>
  cluster().call("PATCH", nodePath(name), { spec: { taints } }, "application/merge-patch+json");

const key = "example.com/broken";
const noSchedule = { node_name: "node-0", key, value: "yes", effect: "NoSchedule" };
const noExecute = { node_name: "node-0", key, effect: "NoExecute" };

async function subjectOf(params: Record<string, unknown>, objects: readonly unknown[] = []) {
  const felt = async ({ pods }: ClusterBed) =>
    (await taintsOf("node-0")).some((taint) => taint.key === key) &&
    (params["effect"] !== "NoExecute" || (await pods()).every(({ spec }) => spec.nodeName !== "node-0"));
  await setTaints("node-0", null);
  const subject = await bed("k8s.node_taint", params, felt, objects);
  await aloneOnNodes(subject);
  return subject;
}

const onNode = (name: string, more: Record<string, unknown>, annotations = {}) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, labels: { app: name }, annotations },
  spec: { nodeName: "node-0", containers: [{ name, image: `${name}:1` }], ...more },
});

onOwnCluster("k8s.node_taint", "nodes to taint", () => {
  skillContract({
    agent,
    skill: "k8s.node_taint",
    subject: () => subjectOf(noSchedule),
    async meddle() {
      const taints = await taintsOf("node-0");
      await setTaints(
        "node-0",
        taints.map((taint) => (taint.key === key ? { ...taint, value: "no" } : taint)),
      );
      return async () => (await taintsOf("node-0")).some((taint) => taint.key === key && taint.value === "no");
    },
  });

  skillContract({
    agent,
    skill: "k8s.node_taint",
    where: "with NoExecute",
    only: /puts? back|put back when|putting it back|same things twice/,
    subject: () => subjectOf(noExecute),
  });

  test("only our taint is removed: others that came or went meanwhile stay as they are", async () => {
    await using subject = await subjectOf(noSchedule);
    const theirs = (name: string) => ({ key: `example.com/${name}`, effect: "PreferNoSchedule" });
    await setTaints("node-0", [theirs("a"), theirs("b")]);
    await using fault = await byHand("k8s.node_taint", subject);
    expect(fault.things).toMatchObject([
      {
        label: "taint node-0 with example.com/broken=yes:NoSchedule",
        undoLabel: "remove the taint example.com/broken=yes:NoSchedule from node-0",
        cost: { nodes: 1 },
      },
    ]);
    await fault.inject();
    expect((await taintsOf("node-0")).map((taint) => taint.key)).toEqual(["example.com/a", "example.com/b", key]);
    const now = await taintsOf("node-0");
    await setTaints("node-0", [theirs("c"), ...now.filter((taint) => taint.key !== "example.com/a")]);
    expect(await fault.putBack()).toMatchObject([{ outcome: "undone" }]);
    expect((await taintsOf("node-0")).map((taint) => taint.key)).toEqual(["example.com/c", "example.com/b"]);
    await setTaints("node-0", null);
  });

  test("somebody removes it meanwhile: that is noticed", async () => {
    await using subject = await subjectOf(noSchedule);
    await using fault = await byHand("k8s.node_taint", subject);
    await fault.inject();
    await setTaints("node-0", null);
    expect((await fault.witness()).landed).toBe(false);
    expect(await fault.putBack()).toMatchObject([
      { outcome: "already", detail: expect.stringContaining("has put it back") },
    ]);
  });

  test("NoExecute: pods that tolerate it stay; those that may not go are told before", async () => {
    const tolerations = [{ key, operator: "Exists" }];
    await using subject = await subjectOf(noExecute, [
      onNode("tolerant", { tolerations }),
      onNode("lonely", {}),
      onNode("guarded", {}, { "chaos-agents.io/deny": "true" }),
    ]);
    await subject.until("all run", async () => (await subject.pods("app")).length === 6);
    await using fault = await byHand("k8s.node_taint", subject);
    const there = (await subject.pods("app")).filter(({ spec }) => spec.nodeName === "node-0").length;
    expect(fault.things).toMatchObject([
      { cost: { nodes: 1, pods: there - 1 }, label: expect.stringContaining("which ends"), reversal: "compensated" },
    ]);
    const said = fault.findings.map(({ level, message }) => [level, message.replaceAll(subject.namespace, "app")]);
    expect(said.toSorted(([, a], [, b]) => a!.localeCompare(b!))).toEqual([
      ["error", 'pod app/guarded on node-0 would be deleted: guarded says chaos-agents.io/deny: "true"'],
      ["error", "pod app/lonely on node-0 would be deleted, and nobody would start it again"],
    ]);
    await fault.inject();
    await subject.until("only who tolerates it is there", async () => {
      const left = (await subject.pods("app")).filter(({ spec }) => spec.nodeName === "node-0");
      return left.map(({ metadata }) => metadata.name).join() === "tolerant";
    });
  });

  test("what would do nothing, and what is the cluster's own, is refused", async () => {
    await using subject = await subjectOf(noSchedule);
    await setTaints("node-0", [{ key, value: "yes", effect: "NoSchedule" }]);
    await using fault = await byHand("k8s.node_taint", subject);
    expect(fault.findings).toMatchObject([{ level: "error", message: "node-0 has that taint already" }]);
    await setTaints("node-0", null);
    expect(unsupported("k8s.node_taint", { key: "node.kubernetes.io/unschedulable" })).toContain("the cluster itself");
    expect(unsupported("k8s.node_taint", { key })).toBeUndefined();
  });
});
