import { skillContract } from "@chaos-agents/testkit/contract";
import { expect, test } from "vitest";
import { byHand, unsupported } from "../test/by-hand.fixture.ts";
import {
  type ClusterBed,
  agent,
  bed,
  cluster,
  onCluster,
  onOwnCluster,
  unlessOwn,
  web,
} from "../test/cluster-bed.fixture.ts";

const readyOnes = async ({ pods }: ClusterBed, app = "web") =>
  (await pods(`app=${app}`)).filter(({ status }) =>
    status.conditions?.some(({ type, status: is }: any) => type === "Ready" && is === "True"),
  );
const images = async ({ pods }: ClusterBed, app = "web") => {
  const all = (await pods(`app=${app}`)).map(({ spec }) => spec.containers[0].image as string);
  return all.toSorted((a, b) => a.localeCompare(b));
};
const noImage = "chaos-agents.invalid/starts-nowhere:1";

const workload = (kind: "StatefulSet" | "DaemonSet", more: Record<string, unknown> = {}) => {
  const { spec } = web();
  const { replicas, ...rest } = spec;
  return {
    apiVersion: "apps/v1",
    kind,
    metadata: { name: "store" },
    spec: {
      ...rest,
      ...(kind === "StatefulSet" && { replicas, serviceName: "store" }),
      selector: { matchLabels: { app: "store" } },
      template: { ...spec.template, metadata: { labels: { app: "store" } } },
      ...more,
    },
  };
};
const storeBed = async (kind: "StatefulSet" | "DaemonSet", more: Record<string, unknown> = {}) => {
  const params = { kind: kind.toLowerCase(), names: ["store"] };
  const felt = async (made: ClusterBed) => (await readyOnes(made, "store")).length === 0;
  const subject = await bed("k8s.pod_failure", params, felt, [workload(kind, more)]);
  await subject.until("the store is ready", async () => {
    const { status = {} } = await subject.find(`${kind.toLowerCase()}s/store`);
    return (status.readyReplicas ?? status.numberReady) === 3;
  });
  return subject;
};

onCluster("k8s.pod_failure", () => {
  skillContract({
    agent,
    skill: "k8s.pod_failure",
    where: "a deployment",
    subject: () =>
      bed("k8s.pod_failure", { names: ["web"] }, async (made) => {
        const now = await images(made);
        return now.length === 3 && now.every((image) => image === noImage) && (await readyOnes(made)).length === 0;
      }),
    async meddle({ patch, find }) {
      const containers = [{ name: "web", image: "nginx:1.28" }];
      await patch("deployments/web", { spec: { template: { spec: { containers } } } });
      return async () => (await find("deployments/web")).spec.template.spec.containers[0].image === "nginx:1.28";
    },
  });

  skillContract({
    agent,
    skill: "k8s.pod_failure",
    where: "a stateful set",
    only: /puts? back|put back when|putting it back/,
    subject: () => storeBed("StatefulSet"),
  });

  test("not at once: a deployment keeps the pods that its strategy keeps", async ({ skip }) => {
    skip(...unlessOwn("kubelets that are played"));
    await using subject = await bed("k8s.pod_failure", { names: ["web"], at_once: false }, async () => true);
    await using fault = await byHand("k8s.pod_failure", subject);
    await fault.inject();
    expect(await fault.witness()).toEqual({
      landed: true,
      detail: "1 of 4 pods of web cannot start (ErrImagePull)",
    });
    expect(await readyOnes(subject)).toHaveLength(3);
    expect(await fault.putBack()).toMatchObject([
      { outcome: "undone", detail: expect.stringContaining("3 of 3 pods") },
    ]);
    expect(await images(subject)).toEqual(["nginx:1.27", "nginx:1.27", "nginx:1.27"]);
  });

  test("another command, in the container that is named", async ({ skip }) => {
    skip(...unlessOwn("kubelets that are played"));
    const two = web();
    two.metadata.name = "two";
    two.spec.selector.matchLabels.app = "two";
    two.spec.template.metadata.labels.app = "two";
    two.spec.template.spec.containers = [
      { name: "side", image: "side:1" },
      { name: "main", image: "main:1" },
    ];
    const params = { names: ["two"], container: "main", command: ["/no-such-program", "-x"] };
    await using subject = await bed("k8s.pod_failure", params, async () => true, [two]);
    await using fault = await byHand("k8s.pod_failure", subject);
    expect(fault.things[0]!.label).toBe(
      `replace the command of container main of deployment ${subject.namespace}/two by /no-such-program -x, all at once`,
    );
    await fault.inject();
    // somebody puts another container before it
    const template = "/spec/template/spec/containers/0";
    const first = [{ op: "add", path: template, value: { name: "first", image: "first:1" } }];
    await cluster().call("PATCH", subject.at("deployments/two"), first, "application/json-patch+json");
    await fault.putBack();
    const { containers } = (await subject.find("deployments/two")).spec.template.spec;
    expect(containers.map(({ name, image, command }: any) => [name, image, command])).toEqual([
      ["first", "first:1", undefined],
      ["side", "side:1", undefined],
      ["main", "main:1", undefined],
    ]);
    await expect(
      byHand("k8s.pod_failure", { ...subject, params: { ...params, container: "mian" } }),
    ).rejects.toMatchObject({
      message: "two has no container mian",
      remedy: "It has: first, side, main",
    });
  });

  test("what somebody else changed stays, and the rest of ours is put back", async () => {
    await using subject = await bed("k8s.pod_failure", { names: ["web"] }, async () => true);
    await using fault = await byHand("k8s.pod_failure", subject);
    await fault.inject();
    const strategy = { type: "RollingUpdate", rollingUpdate: { maxSurge: 3 } };
    await subject.patch("deployments/web", { spec: { strategy } });
    expect(await fault.putBack()).toMatchObject([
      { outcome: "conflict", detail: expect.stringMatching(/\(spec\.strategy\) was changed since by/) },
    ]);
    const { spec, metadata } = await subject.find("deployments/web");
    expect(spec.strategy.rollingUpdate.maxSurge).toBe(3);
    expect(spec.template.spec.containers[0].image).toBe("nginx:1.27");
    expect(JSON.stringify([metadata.labels, metadata.annotations, spec.template])).not.toContain("chaos");
  });

  test("preflight: a workload that would make no new pods, or has not all of them ready", async () => {
    await using subject = await bed("k8s.pod_failure", { names: ["web"] }, async () => true);
    await subject.patch("deployments/web", { spec: { paused: true } });
    {
      await using paused = await byHand("k8s.pod_failure", subject);
      expect(paused.findings).toMatchObject([
        { level: "error", code: "no-effect", message: "web is paused: nobody would feel it" },
      ]);
    }
    await subject.patch("deployments/web", { spec: { paused: false, replicas: 4 } });
    await subject.until("four are ready", async () => (await readyOnes(subject)).length === 4);
    await using stateful = await storeBed("StatefulSet", { updateStrategy: { type: "OnDelete" } });
    await using fault = await byHand("k8s.pod_failure", stateful);
    expect(fault.findings).toMatchObject([
      { level: "error", message: expect.stringContaining("only when they are deleted") },
    ]);
    expect(unsupported("k8s.pod_failure", { namespace: "a", names: ["b"], image: "c", command: ["d"] })).toContain(
      "not both",
    );
    expect(unsupported("k8s.pod_failure", { namespace: "a" })).toContain("no workloads are selected");
  });
});

onOwnCluster("k8s.pod_failure on every node", "three nodes", () => {
  skillContract({
    agent,
    skill: "k8s.pod_failure",
    where: "a daemon set",
    only: /put back when|putting it back/,
    // how often its template was changed
    mayRemain: /deprecated\.daemonset\.template\.generation/,
    subject: () => storeBed("DaemonSet"),
  });
});
