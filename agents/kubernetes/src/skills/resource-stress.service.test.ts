import { skillContract } from "@chaos-agents/testkit/contract";
import { expect, test } from "vitest";
import { byHand } from "../test/by-hand.fixture.ts";
import { type ClusterBed, agent, bed, cluster, onCluster, unlessOwn } from "../test/cluster-bed.fixture.ts";

const skill = "k8s.resource_stress";
const hogs = async ({ call, at }: ClusterBed): Promise<any[]> =>
  (await call("GET", at("pods"))).items.filter(({ spec }: any) => spec.containers[0].name === "stress-ng");
const runs = async (subject: ClusterBed) => (await hogs(subject)).some(({ status }) => status.phase === "Running");
const subjectOf = (params: Record<string, unknown> = {}) => bed(skill, params, runs);

onCluster("[CA-27] k8s.resource_stress", () => {
  skillContract({ agent, skill, subject: () => subjectOf({ cpu_workers: 4, memory: "512M" }) });

  test("the pod has the arguments, amounts and node that were asked for, and passes the strictest pod standard", async ({
    skip,
  }) => {
    skip(...unlessOwn("kubelets that are played"));
    await using subject = await subjectOf({
      cpu_workers: 3,
      memory: "1.5G",
      image: "registry.example/stress-ng:1",
      requests: { cpu: "250m" },
      limits: { cpu: "3", memory: "2Gi" },
      node_name: "node-2",
      node_selector: { type: "kwok" },
    });
    const strict = { metadata: { labels: { "pod-security.kubernetes.io/enforce": "restricted" } } };
    await subject.call("PATCH", `/api/v1/namespaces/${subject.namespace}`, strict, "application/merge-patch+json");
    await using fault = await byHand(skill, subject);
    expect(fault.things[0]!.label).toContain("on node-2 that uses 3 processors and 1.5G of memory");
    await fault.inject();
    expect(await fault.witness()).toEqual({ landed: true, detail: "stress-ng runs on node-2" });
    const [{ spec, metadata }] = await hogs(subject);
    expect(spec.nodeName).toBe("node-2");
    expect(spec.automountServiceAccountToken).toBe(false);
    const [container] = spec.containers;
    expect(container).toMatchObject({
      image: "registry.example/stress-ng:1",
      resources: { requests: { cpu: "250m" }, limits: { cpu: "3", memory: "2Gi" } },
    });
    expect(container.command).toBeUndefined();
    expect(container.args.join(" ")).toBe(
      "--cpu 3 --vm 1 --vm-bytes 1610612736 --vm-keep --temp-path /tmp --timeout 0",
    );
    expect(metadata.ownerReferences).toMatchObject([{ kind: "Job" }]);
  });

  test("where no node takes it, the scheduler's own words are the reason", async ({ skip }) => {
    skip(...unlessOwn("three nodes"));
    await using subject = await subjectOf({ node_selector: { disk: "fast" } });
    await using fault = await byHand(skill, subject);
    await fault.inject();
    expect(await fault.witness()).toMatchObject({
      landed: false,
      detail: expect.stringMatching(/no node takes the pod: 0\/3 nodes are available/),
    });
  });

  test("an image that cannot be pulled, and a program that ends, have not landed", async ({ skip }) => {
    skip(...unlessOwn("kubelets that are played"));
    await using subject = await subjectOf();
    await using fault = await byHand(skill, subject);
    await fault.inject();
    await fault.witness();
    const [{ metadata }] = await hogs(subject);
    const say = async (state: Record<string, unknown>) => {
      const status = {
        containerStatuses: [{ name: "stress-ng", image: "", imageID: "", ready: false, restartCount: 0, state }],
      };
      const path = `${subject.at(`pods/${metadata.name}`)}/status`;
      await cluster().call("PATCH", path, { status }, "application/merge-patch+json");
    };
    await say({ waiting: { reason: "ImagePullBackOff", message: "not found" } });
    expect(await fault.witness()).toMatchObject({
      landed: false,
      detail: expect.stringContaining("ImagePullBackOff, not found"),
    });
    await say({ terminated: { reason: "OOMKilled", exitCode: 137 } });
    expect(await fault.witness()).toEqual({ landed: false, detail: "stress-ng ended: OOMKilled, exit code 137" });
  });
});
