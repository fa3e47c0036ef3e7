import { FaultAlone } from "@chaos-agents/testkit/contract";
import { expect, test } from "vitest";
import { type ClusterBed, agent, bed, onCluster, web } from "./test/cluster-bed.fixture.ts";

const skill = agent.skills.find(({ name }) => name === "k8s.pod_kill")!;
const other = { ...web(), metadata: { name: "cache", labels: { app: "cache" } } };
other.spec = {
  ...other.spec,
  replicas: 2,
  selector: { matchLabels: { app: "cache" } },
  template: { ...other.spec.template, metadata: { labels: { app: "cache" } } },
};
const subjectOf = async () => {
  const subject = await bed("k8s.pod_kill", {}, async () => true, [other]);
  await subject.until(
    "the cache is ready",
    async () => (await subject.find("deployments/cache")).status?.readyReplicas === 2,
  );
  return subject;
};

/** The workloads whose pods would be chosen, one word a pod. */
async function chosen(subject: ClusterBed, params: Record<string, unknown>, config: Record<string, unknown> = {}) {
  await using fault = await FaultAlone.open(agent, skill, { ...subject.config, ...config });
  const things = await fault.things(params);
  return things.map(({ key }) => key.split("/")[1]!.split("-")[0]!).toSorted();
}

onCluster("which pods are chosen", () => {
  test("[CA-09] a skill's own namespace and selector win over the target's; by labels, names, owner, node and fields", async () => {
    await using subject = await subjectOf();
    const all = { count: "all", max_percent: 100 };
    const targets = { label_selector: "app=cache" };
    expect(await chosen(subject, all, targets)).toEqual(["cache", "cache"]);
    expect(await chosen(subject, { ...all, label_selector: "app=web" }, targets)).toEqual(["web", "web", "web"]);
    expect(await chosen(subject, { ...all, pod_selector: { app: "web" } }, targets)).toHaveLength(3);
    expect(await chosen(subject, { ...all, label_selector: "*" })).toHaveLength(5);
    expect(await chosen(subject, { ...all, label_selector: "app in (web,cache),app!=web" })).toEqual([
      "cache",
      "cache",
    ]);
    expect(await chosen(subject, { ...all, label_selector: "*", owner: "deployment/cache" })).toHaveLength(2);
    const [pod] = await subject.pods();
    expect(await chosen(subject, { ...all, label_selector: "*", names: [pod.metadata.name] })).toEqual(["web"]);
    const { nodeName } = pod.spec;
    const there = (await subject.pods("app")).filter(({ spec }) => spec.nodeName === nodeName).length;
    expect(await chosen(subject, { ...all, label_selector: "*", node: nodeName })).toHaveLength(there);
    expect(
      await chosen(subject, { ...all, label_selector: "*", field_selector: `spec.nodeName=${nodeName}` }),
    ).toHaveLength(there);
    await expect(chosen(subject, { ...all, label_selector: "app=web", namespace: "default" })).rejects.toThrow(
      /default/,
    );
  });

  test("how many: a number, a share, a share by chance, or all of them, spelled out", async () => {
    await using subject = await subjectOf();
    const of = (more: Record<string, unknown>) => chosen(subject, { label_selector: "app=web", ...more });
    expect(await of({})).toHaveLength(1);
    expect(await of({ count: 2 })).toHaveLength(2);
    expect(await of({ count: "67%" })).toHaveLength(2);
    expect(await of({ count: "1%" })).toHaveLength(1);
    expect((await of({ random_max_percent: 70 })).length).toBeOneOf([1, 2]);
    await expect(of({ count: "all" })).rejects.toMatchObject({
      code: "blast-radius-exceeded",
      message: "that would be 3 pods of 3 of deployment web: more than 80%",
      remedy: expect.stringContaining("max_percent"),
    });
    expect(await of({ count: "all", max_percent: 100 })).toHaveLength(3);
  });

  test("nothing matches: an error that says where was looked", async () => {
    await using subject = await subjectOf();
    await expect(chosen(subject, { label_selector: "app=wbe" })).rejects.toMatchObject({
      code: "nothing-matched",
      message: `no pod in namespace ${subject.namespace} with app=wbe may be chosen`,
    });
  });

  test("whose owner does not want it broken is left alone; where the file asks for it, only who agrees is not", async () => {
    await using subject = await subjectOf();
    const all = { count: "all", max_percent: 100, label_selector: "*" };
    await subject.patch("deployments/cache", { metadata: { annotations: { "chaos-agents.io/deny": "true" } } });
    expect(await chosen(subject, all)).toEqual(["web", "web", "web"]);
    await expect(chosen(subject, { ...all, label_selector: "app=cache" })).rejects.toThrow(
      'cache says chaos-agents.io/deny: "true"',
    );
    await expect(chosen(subject, all, { opt_in: true })).rejects.toThrow('does not say chaos-agents.io/allow: "true"');
    const allow = { "chaos-agents.io/allow": "true" };
    await subject.patch("deployments/web", { metadata: { annotations: allow } });
    expect(await chosen(subject, all, { opt_in: true })).toEqual(["web", "web", "web"]);
  });

  test("where the cluster itself lives nothing is chosen, unless the file says so", async () => {
    await using subject = await subjectOf();
    await expect(chosen(subject, { label_selector: "*", namespace: "kube-system" })).rejects.toMatchObject({
      code: "side-effects-refused",
      remedy: "Say system_namespaces: true in target_config if that is meant",
    });
  });

  test("a pod that was replaced since it was chosen is not the one that was meant: its successor lives", async () => {
    await using subject = await subjectOf();
    await using fault = await FaultAlone.open(agent, skill, subject.config);
    const [thing] = await fault.things({ label_selector: "app=web" });
    const name = thing!.key.split("/")[1]!;
    const there = await subject.find(`pods/${name}`);
    await subject.call("DELETE", subject.at(`pods/${name}?gracePeriodSeconds=0`));
    const { metadata } = there;
    await subject.until("the pod is gone", async () => (await subject.find(`pods/${name}`)) === undefined);
    const successor = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name, labels: { app: "another" } },
      spec: { containers: web().spec.template.spec.containers },
    };
    const { uid } = (await subject.call("POST", subject.at("pods"), successor)).metadata;
    expect(uid).not.toBe(metadata.uid);
    const driven = fault.drive(thing!);
    await driven.finish();
    expect((await subject.find(`pods/${name}`)).metadata).toMatchObject({ uid });
    expect((await subject.find(`pods/${name}`)).metadata.deletionTimestamp).toBeUndefined();
  });
});
