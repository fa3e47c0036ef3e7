import { skillContract } from "@chaos-agents/testkit/contract";
import { expect, test } from "vitest";
import { byHand } from "../test/by-hand.fixture.ts";
import { type ClusterBed, agent, bed, onCluster, unlessOwn, web } from "../test/cluster-bed.fixture.ts";

const isReady = ({ status }: any) =>
  status.conditions?.some((one: any) => one.type === "Ready" && one.status === "True");
const noneReady = async ({ pods }: ClusterBed) => {
  const now = await pods();
  return now.length === 3 && !now.some((pod) => isReady(pod));
};

onCluster("k8s.probe_break", () => {
  skillContract({
    agent,
    skill: "k8s.probe_break",
    subject: () => bed("k8s.probe_break", { names: ["web"] }, noneReady),
    async meddle({ patch, find }) {
      const containers = [{ name: "web", image: "nginx:1.27", readinessProbe: { httpGet: { port: 80 } } }];
      await patch("deployments/web", { spec: { template: { spec: { containers } } } });
      return async () =>
        (await find("deployments/web")).spec.template.spec.containers[0].readinessProbe.httpGet.port === 80;
    },
  });

  test("a probe that was there is put back as it was; not at once, the old pods stay ready", async ({ skip }) => {
    skip(...unlessOwn("kubelets that are played"));
    const probed = web();
    const probe = { httpGet: { path: "/ready", port: 80 }, initialDelaySeconds: 3, periodSeconds: 7 };
    Object.assign(probed, { metadata: { name: "probed" } });
    probed.spec.selector = { matchLabels: { app: "probed" } };
    probed.spec.template.metadata = { labels: { app: "probed" } };
    Object.assign(probed.spec.template.spec.containers[0]!, { readinessProbe: probe });
    const params = { names: ["probed"], at_once: false };
    await using subject = await bed("k8s.probe_break", params, async () => true, [probed]);
    const ready = async () => (await subject.pods("app=probed")).filter((pod) => isReady(pod)).length;
    await subject.until("it is ready", async () => (await ready()) === 3);
    const before = (await subject.find("deployments/probed")).spec;
    await using fault = await byHand("k8s.probe_break", subject);
    expect(fault.things[0]).toMatchObject({
      label: `replace the readiness probe of container web of deployment ${subject.namespace}/probed: one that fails, one pod after the other`,
      cost: { pods: 3 },
    });
    await fault.inject();
    expect(await fault.witness()).toEqual({ landed: true, detail: "1 of 4 pods of probed run and are not ready" });
    expect(await ready()).toBe(3);
    expect(await fault.putBack()).toMatchObject([
      { outcome: "undone", detail: expect.stringContaining("3 of 3 pods of probed ready") },
    ]);
    expect([await ready(), (await subject.pods("app=probed")).length], "the undo waits for its pods").toEqual([3, 3]);
    expect((await subject.find("deployments/probed")).spec).toEqual(before);
  });
});
