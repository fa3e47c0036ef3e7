import { skillContract } from "@chaos-agents/testkit/contract";
import { expect, test } from "vitest";
import { byHand } from "../test/by-hand.fixture.ts";
import { type ClusterBed, agent, bed, onCluster } from "../test/cluster-bed.fixture.ts";

/** As a user would see it: one more pod is not let in. */
const isFull = async ({ call, at }: ClusterBed): Promise<boolean> => {
  const pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "one-more" },
    spec: { containers: [{ name: "one", image: "nginx:1.27" }] },
  };
  return await call("POST", `${at("pods")}?dryRun=All`, pod).then(
    () => false,
    ({ message }: Error) => message.includes("exceeded quota"),
  );
};

onCluster("k8s.quota_exhaust", () => {
  skillContract({
    agent,
    skill: "k8s.quota_exhaust",
    subject: () => bed("k8s.quota_exhaust", {}, isFull),
  });

  test("what runs goes on and is replaced; nothing is added", async () => {
    await using subject = await bed("k8s.quota_exhaust", {}, isFull);
    await using fault = await byHand("k8s.quota_exhaust", subject);
    expect(fault.things[0]!.label).toBe(`let namespace ${subject.namespace} start no more than the 3 pods it has`);
    await fault.inject();
    expect(await fault.witness()).toEqual({
      landed: true,
      detail: "a new pod, tried without making it, is refused: the cluster counts 3 of 3 pods",
    });
    await subject.patch("deployments/web", { spec: { replicas: 5 } });
    const isRefused = async () => {
      const { status } = await subject.find("deployments/web");
      return (status.conditions ?? []).some(
        ({ type, message }: any) => type === "ReplicaFailure" && /exceeded/.test(message),
      );
    };
    await subject.until("its controller is refused", isRefused);
    const [pod] = await subject.pods();
    await subject.call("DELETE", subject.at(`pods/${pod.metadata.name}`));
    await subject.until("another has taken its place", async () => {
      const now = await subject.pods();
      return now.length === 3 && now.every(({ metadata }) => metadata.uid !== pod.metadata.uid);
    });
  });

  test("without replacements, a pod that ends stays away", async () => {
    await using subject = await bed("k8s.quota_exhaust", { replacements: false }, isFull);
    await using fault = await byHand("k8s.quota_exhaust", subject);
    await fault.inject();
    expect(await fault.witness()).toMatchObject({ landed: true, detail: expect.stringContaining("3 of 0 pods") });
    const [pod] = await subject.pods();
    await subject.call("DELETE", subject.at(`pods/${pod.metadata.name}`));
    const isRefused = async () =>
      ((await subject.find("deployments/web")).status.conditions ?? []).some(
        ({ type }: any) => type === "ReplicaFailure",
      );
    await subject.until("its controller is refused", isRefused);
    expect(await subject.pods()).toHaveLength(2);
  });
});
