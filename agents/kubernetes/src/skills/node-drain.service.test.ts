import { FaultAlone, skillContract } from "@chaos-agents/testkit/contract";
import { expect, test } from "vitest";
import type { Cluster } from "../cluster.ts";
import { evictAll } from "../evictions.ts";
import { type ClusterBed, agent, aloneOnNodes, bed, cluster, onOwnCluster, web } from "../test/cluster-bed.fixture.ts";

const skill = agent.skills.find(({ name }) => name === "k8s.node_drain")!;
const nodePath = (name: string) => `/api/v1/nodes/${name}`;
const isClosed = async (name: string) => (await cluster().call("GET", nodePath(name))).spec.unschedulable === true;
const patchNode = (name: string, body: unknown) =>
  cluster().call("PATCH", nodePath(name), body, "application/merge-patch+json");

async function subjectOf(params: Record<string, unknown>, objects: readonly unknown[] = [], node = "node-0") {
  const felt = async ({ pods }: ClusterBed) =>
    (await isClosed(node)) && (await pods()).every(({ spec }) => spec.nodeName !== node);
  const subject = await bed("k8s.node_drain", params, felt, objects);
  await aloneOnNodes(subject);
  return subject;
}

const budget = (minAvailable: number) => ({
  apiVersion: "policy/v1",
  kind: "PodDisruptionBudget",
  metadata: { name: "web-stays" },
  spec: { minAvailable, selector: { matchLabels: { app: "web" } } },
});

const daemon = {
  apiVersion: "apps/v1",
  kind: "DaemonSet",
  metadata: { name: "watcher" },
  spec: {
    selector: { matchLabels: { app: "watcher" } },
    template: {
      metadata: { labels: { app: "watcher" } },
      spec: { containers: [{ name: "watcher", image: "watcher:1" }] },
    },
  },
};

const lonely = (annotations = {}) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "lonely", labels: { app: "lonely" }, annotations },
  spec: { nodeName: "node-0", containers: [{ name: "lonely", image: "lonely:1" }] },
});

/** With all of its pods on one node. */
const onNode0 = () => web({ nodeSelector: { "kubernetes.io/hostname": "node-0" } });
const pinned = (name: string, annotations: Record<string, string> = {}) => {
  const object = onNode0();
  return { ...object, metadata: { name, annotations }, spec: renamed(object.spec, name) };
};
const renamed = (spec: any, app: string) => ({
  ...spec,
  selector: { matchLabels: { app } },
  template: { ...spec.template, metadata: { labels: { app } } },
});

onOwnCluster("k8s.node_drain", "nodes to close", () => {
  skillContract({
    agent,
    skill: "k8s.node_drain",
    subject: () => subjectOf({ node_name: "node-0", evict: true }),
  });

  skillContract({
    agent,
    skill: "k8s.node_drain",
    where: "nodes that are only closed",
    only: /puts? back|put back when/,
    async subject() {
      const subject = await subjectOf({ node_name: "node-1" });
      return Object.assign(subject, { observeEffect: () => isClosed("node-1") });
    },
  });

  test("pods go as their budget allows, and never more of them at once", async () => {
    await using subject = await subjectOf({}, [budget(2)]);
    await using fault = await FaultAlone.open(agent, skill, subject.config);
    const [thing] = await fault.things({ node_name: "node-0", evict: true });
    const driven = fault.drive(thing!);
    await driven.finish();
    expect((await subject.pods()).filter(({ spec }) => spec.nodeName === "node-0")).toEqual([]);
    expect(await fault.landed(thing!, driven.records)).toBe(true);
    expect(await fault.putBack(driven.records)).toMatchObject([{ outcome: "undone" }]);
    expect(await isClosed("node-0")).toBe(false);
  });

  test("a budget that lets no pod go: preflight says so; after the timeout it is named, with the pods it holds", async () => {
    await using subject = await subjectOf({}, [budget(3)]);
    await subject.until("the budget is counted", async () => {
      return (await subject.find("poddisruptionbudgets/web-stays")).status?.currentHealthy === 3;
    });
    const [held] = (await subject.pods()).filter(({ spec }) => spec.nodeName === "node-0");
    await using fault = await FaultAlone.open(agent, skill, subject.config);
    const params = skill.params.parse({ node_name: "node-0", evict: true, timeout: "1s" });
    const things = await fault.things({ node_name: "node-0", evict: true, timeout: "1s" });
    expect(await skill.preflight!(fault.target, things, params, fault.context)).toMatchObject([
      { level: "warning", message: expect.stringMatching(`web-stays lets no pod go now: ${held.metadata.name}`) },
    ]);
    const driven = fault.drive(things[0]!);
    await expect(driven.finish()).rejects.toMatchObject({
      code: "fault-not-landed",
      message: `1 pod did not leave node-0 within 1s: ${subject.namespace}/${held.metadata.name} is held by budget web-stays`,
    });
    expect((await subject.pods()).map(({ metadata }) => metadata.uid)).toContain(held.metadata.uid);
    expect(await fault.putBack(driven.records)).toMatchObject([{ outcome: "undone" }]);
    expect(await isClosed("node-0")).toBe(false);
  });

  test("a pod whose namespace is being deleted goes with it: that nobody may evict it is no want of rights", async () => {
    const keep = { ...lonely(), metadata: { name: "lonely", finalizers: ["example.com/keep"] } };
    await using subject = await subjectOf({}, [keep]);
    const { namespace, call } = subject;
    const { metadata } = await subject.find("pods/lonely");
    await call("DELETE", `/api/v1/namespaces/${namespace}`);
    await subject.until(
      "it is on its way out",
      async () => (await subject.find("pods/lonely")).metadata.deletionTimestamp,
    );
    const { kubeconfig } = cluster();
    await using fault = await FaultAlone.open(agent, skill, { kubeconfig });
    const pod = {
      namespace,
      name: "lonely",
      uid: metadata.uid,
      labels: {},
      ready: true,
      tolerations: [],
      workload: null,
    };
    const context = { ...fault.context, hold: () => undefined, progress: () => undefined, note: () => undefined };
    const pods = [{ ...pod, refusal: undefined, tied: undefined }];
    await expect(evictAll(fault.target as Cluster, "node-0", pods, 1_000, context)).rejects.toThrow(
      `1 pod did not leave node-0 within 1s: ${namespace}/lonely is still ending`,
    );
    await subject.patch("pods/lonely", { metadata: { finalizers: null } });
    await subject.until("it is gone", async () => (await subject.find("pods/lonely")) === undefined);
  });

  test("a node that was closed before stays closed, also when its pods were evicted", async () => {
    await using subject = await subjectOf({});
    await patchNode("node-0", { spec: { unschedulable: true } });
    try {
      await using fault = await FaultAlone.open(agent, skill, subject.config);
      const idle = await fault.things({ node_name: "node-0" });
      const asked = skill.params.parse({ node_name: "node-0" });
      expect(await skill.preflight!(fault.target, idle, asked, fault.context)).toMatchObject([
        { level: "error", code: "no-effect", message: "node-0 is closed to new pods already" },
      ]);
      const [thing] = await fault.things({ node_name: "node-0", evict: true });
      expect(thing).toMatchObject({ label: "node-0 is closed already, evict 1 pod", reversal: "compensated" });
      const driven = fault.drive(thing!);
      await driven.finish();
      expect(await fault.landed(thing!, driven.records)).toBe(true);
      expect(await fault.putBack(driven.records)).toMatchObject([{ outcome: "undone" }]);
      expect((await fault.verify(driven.records)).flat()).toEqual([]);
      expect(await isClosed("node-0")).toBe(true);
    } finally {
      await patchNode("node-0", { spec: { unschedulable: null } });
    }
  });

  test("pods that can go nowhere else wait for the node; the undo ends when they are ready again", async () => {
    await using subject = await subjectOf({}, [pinned("pinned")]);
    const ready = async () => (await subject.find("deployments/pinned")).status.readyReplicas ?? 0;
    await subject.until("it is ready", async () => (await ready()) === 3);
    await using fault = await FaultAlone.open(agent, skill, subject.config);
    const [thing] = await fault.things({ node_name: "node-0", evict: true });
    const driven = fault.drive(thing!);
    await driven.finish();
    expect((await subject.pods("app=pinned")).map(({ status }) => status.phase)).toEqual(Array(3).fill("Pending"));
    expect(await fault.putBack(driven.records)).toMatchObject([
      { outcome: "undone", detail: expect.stringMatching(/workloads? of its pods as ready as before/) },
    ]);
    expect((await subject.pods("app=pinned")).map(({ status }) => status.phase)).toEqual(Array(3).fill("Running"));
  });

  test("somebody opens it again meanwhile: that is noticed, and nothing of ours is left", async () => {
    await using subject = await subjectOf({});
    await using fault = await FaultAlone.open(agent, skill, subject.config);
    const [thing] = await fault.things({ node_name: "node-0" });
    const driven = fault.drive(thing!);
    await driven.finish();
    await patchNode("node-0", { spec: { unschedulable: null } });
    expect(await fault.landed(thing!, driven.records)).toBe(false);
    expect(await fault.putBack(driven.records)).toMatchObject([
      { outcome: "already", detail: expect.stringContaining("has put it back") },
    ]);
    const { metadata } = await cluster().call("GET", nodePath("node-0"));
    expect(JSON.stringify([metadata.labels, metadata.annotations])).not.toContain("chaos");
  });

  test("left alone: pods of daemonsets, pods that nobody would start again, and who does not want it", async () => {
    const deny = { "chaos-agents.io/deny": "true" };
    await using subject = await subjectOf({}, [daemon, lonely(), pinned("guarded", deny)]);
    await subject.until("all run", async () => (await subject.pods("app in (guarded,watcher,lonely)")).length === 7);
    await using fault = await FaultAlone.open(agent, skill, subject.config);
    const [thing] = await fault.things({ node_name: "node-0", evict: true });
    const there = (await subject.pods()).filter(({ spec }) => spec.nodeName === "node-0").length;
    expect(thing!.cost).toEqual({ nodes: 1, pods: there });
    expect(thing!.label).toContain("1 (of a daemonset)");
    expect(thing!.label).toContain("1 (nobody would start it again)");
    expect(thing!.label).toContain('3 (guarded says chaos-agents.io/deny: "true")');
    const driven = fault.drive(thing!);
    await driven.finish();
    const left = (await subject.pods("app")).filter(({ spec }) => spec.nodeName === "node-0");
    expect(left.map(({ metadata }) => metadata.labels.app).toSorted((a, b) => a.localeCompare(b))).toEqual([
      "guarded",
      "guarded",
      "guarded",
      "lonely",
      "watcher",
    ]);
    await fault.putBack(driven.records);
  });

  test("which nodes: at most two thirds; none of the control plane and none that is closed, unless named", async () => {
    await using subject = await subjectOf({});
    await using fault = await FaultAlone.open(agent, skill, subject.config);
    const chosen = async (params: Record<string, unknown>) => (await fault.things(params)).map(({ key }) => key);
    expect(await chosen({})).toHaveLength(1);
    expect(await chosen({ label_selector: "kubernetes.io/hostname in (node-1)" })).toEqual(["node-1"]);
    expect(await chosen({ count: "all", max_percent: 100 })).toEqual(["node-0", "node-1", "node-2"]);
    await expect(chosen({ count: 2 })).rejects.toMatchObject({
      code: "blast-radius-exceeded",
      message: "that would close 2 of 3 nodes: more than 66%",
    });
    await expect(chosen({ node_name: "node-9" })).rejects.toThrow("there is no node node-9");
    await patchNode("node-1", {
      metadata: { labels: { "node-role.kubernetes.io/control-plane": "" } },
      spec: { unschedulable: true },
    });
    try {
      expect(await chosen({ label_selector: "*", count: "all", max_percent: 100 })).toEqual(["node-0", "node-2"]);
      await expect(chosen({ label_selector: "kubernetes.io/hostname=node-1" })).rejects.toThrow(
        "node-1 is of the control plane, and has to be named",
      );
      expect(await chosen({ node_name: "node-1" })).toEqual(["node-1"]);
      await patchNode("node-1", { metadata: { labels: { "node-role.kubernetes.io/control-plane": null } } });
      await expect(chosen({ node_name: "node-0" })).rejects.toMatchObject({
        message: "that would close 2 of 3 nodes, with 1 closed before: more than 66%",
      });
    } finally {
      await patchNode("node-1", {
        metadata: { labels: { "node-role.kubernetes.io/control-plane": null } },
        spec: { unschedulable: null },
      });
    }
    expect(skill.unsupported!({}, skill.params.parse({ node_name: "a", label_selector: "b" }))).toContain("not both");
    expect(skill.unsupported!({}, skill.params.parse({ node_name: "a", count: 2 }))).toContain("one node");
  });
});
