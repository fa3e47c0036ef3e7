import { skillContract } from "@chaos-agents/testkit/contract";
import { expect, test } from "vitest";
import { byHand } from "../test/by-hand.fixture.ts";
import { agent, bed, onCluster } from "../test/cluster-bed.fixture.ts";

onCluster("k8s.rollout_restart", () => {
  skillContract({
    agent,
    skill: "k8s.rollout_restart",
    // a replica set of its own for the new pods, and kubectl's annotation
    mayRemain: /restartedAt|replicasets web-|pod of ReplicaSet web-/,
    async subject() {
      let known: Set<string> | undefined;
      return await bed("k8s.rollout_restart", { names: ["web"] }, async ({ pods }) => {
        const now = (await pods()).map(({ metadata }) => metadata.uid as string);
        const isAnew = now.length === 3 && known !== undefined && now.every((uid) => !known!.has(uid));
        if (known === undefined || isAnew) known = new Set(now);
        return isAnew;
      });
    },
  });

  test("it says what stays, and that a second restart since is not ours", async () => {
    await using subject = await bed("k8s.rollout_restart", { names: ["web"] }, async () => true);
    await using fault = await byHand("k8s.rollout_restart", subject);
    expect(fault.things).toMatchObject([
      { label: `replace 3 pods of deployment ${subject.namespace}/web`, cost: { pods: 3 } },
    ]);
    await fault.inject();
    expect(await fault.witness()).toMatchObject({ landed: true, detail: expect.stringMatching(/of web are new$/) });
    expect(await fault.putBack()).toMatchObject([{ detail: expect.stringContaining("3 of 3 pods of web ready") }]);
    expect(await fault.verify()).toEqual([]);
    const { template } = (await subject.find("deployments/web")).spec;
    expect(Object.keys(template.metadata.annotations)).toEqual(["kubectl.kubernetes.io/restartedAt"]);
    const annotations = { "kubectl.kubernetes.io/restartedAt": "2020-01-01T00:00:00Z" };
    await subject.patch("deployments/web", { spec: { template: { metadata: { annotations } } } });
    expect(await fault.putBack()).toMatchObject([
      { outcome: "already", detail: expect.stringContaining("again since") },
    ]);
  });

  test("the undo waits while pods are missing", async () => {
    await using subject = await bed("k8s.rollout_restart", { names: ["web"] }, async () => true);
    await subject.patch("deployments/web", { spec: { minReadySeconds: 2 } });
    await subject.until("it is rolled out", async () => {
      const { status, metadata } = await subject.find("deployments/web");
      return status.observedGeneration === metadata.generation && status.availableReplicas === 3;
    });
    await using fault = await byHand("k8s.rollout_restart", subject);
    await fault.inject();
    expect(await fault.verify()).toEqual([`not all pods of deployment ${subject.namespace}/web are new and ready`]);
    expect(await fault.putBack()).toMatchObject([{ outcome: "undone" }]);
    const owners = (await subject.pods()).map(({ metadata }) => metadata.annotations);
    expect(owners.filter((all) => all?.["kubectl.kubernetes.io/restartedAt"] === undefined)).toEqual([]);
  });
});
