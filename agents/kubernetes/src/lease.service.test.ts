import { FaultAlone } from "@chaos-agents/testkit/contract";
import { expect, test } from "vitest";
import { agent, bed, cluster, onCluster, unlessOwn } from "./test/cluster-bed.fixture.ts";

const skill = agent.skills.find(({ name }) => name === "k8s.network_chaos")!;
const cut = async () => {
  const made = await bed("k8s.network_chaos", { label_selector: "app=web" }, async () => true);
  const policies = async () => (await made.call("GET", made.at("networkpolicies"))).items as any[];
  const jobs = async () => (await made.call("GET", made.at("jobs"))).items as any[];
  return Object.assign(made, { policies, jobs });
};

onCluster("what we make in a cluster goes when we do", () => {
  test("nobody is left to keep the lease: the cluster removes it by itself, and undo finds nothing to do", async ({
    skip,
  }) => {
    skip(...unlessOwn("its audit log"));
    await using subject = await cut();
    await using fault = await FaultAlone.open(agent, skill, { ...subject.config, lease: "15s" });
    const [thing] = await fault.things(subject.params);
    const driven = fault.drive(thing!);
    await driven.finish();
    expect(await subject.policies()).toHaveLength(1);
    // as a process that is killed
    await driven.letGo();
    await expect.poll(subject.policies, { timeout: 60_000, interval: 200 }).toEqual([]);
    await expect.poll(subject.jobs, { timeout: 60_000, interval: 200 }).toEqual([]);
    const made = (await cluster().audit()).filter(({ namespace }) => namespace === subject.namespace);
    const removed = made.filter(({ verb, requestURI }) => verb === "delete" && /networkpolicies|jobs/.test(requestURI));
    expect(new Set(removed.map(({ user }) => user.split(":").at(-1)))).toEqual(
      new Set(["generic-garbage-collector", "ttl-after-finished-controller"]),
    );
    expect((await fault.putBack(driven.records)).map(({ outcome }) => outcome)).toEqual(["already"]);
  });

  test("it stays for longer than a lease while we live", async () => {
    await using subject = await cut();
    await using fault = await FaultAlone.open(agent, skill, { ...subject.config, lease: "15s" });
    const [thing] = await fault.things(subject.params);
    const driven = fault.drive(thing!);
    await driven.finish();
    const deadline = async () => (await subject.jobs())[0]?.spec.activeDeadlineSeconds;
    const first = await deadline();
    expect(first).toBe(15);
    await expect.poll(deadline, { timeout: 60_000, interval: 200 }).toBeGreaterThan(first + 15);
    expect(await subject.policies()).toHaveLength(1);
    await driven.letGo();
    expect((await fault.putBack(driven.records)).map(({ outcome }) => outcome)).toEqual(["undone"]);
    expect(await subject.jobs()).toEqual([]);
  });

  test("somebody removes the lease: the fault says that it did not last", async () => {
    await using subject = await cut();
    await using fault = await FaultAlone.open(agent, skill, { ...subject.config, lease: "15s" });
    const [thing] = await fault.things(subject.params);
    const driven = fault.drive(thing!);
    await driven.finish();
    const [job] = await subject.jobs();
    await subject.call("DELETE", subject.at(`jobs/${job.metadata.name}?propagationPolicy=Background`));
    expect(await driven.lost()).toMatch(/^job \S+, which holds our things, was removed$/);
    await expect.poll(subject.policies, { timeout: 30_000, interval: 200 }).toEqual([]);
    await driven.letGo();
    expect((await fault.putBack(driven.records)).map(({ outcome }) => outcome)).toEqual(["already"]);
  });

  test("without a lease nothing is removed but by us, and there is no Job", async () => {
    await using subject = await cut();
    await using fault = await FaultAlone.open(agent, skill, { ...subject.config, lease: "off" });
    const [thing] = await fault.things(subject.params);
    const driven = fault.drive(thing!);
    await driven.finish();
    expect(await subject.jobs()).toEqual([]);
    const [policy] = await subject.policies();
    expect(policy.metadata.ownerReferences).toBeUndefined();
    await driven.letGo();
    expect((await fault.putBack(driven.records)).map(({ outcome }) => outcome)).toEqual(["undone"]);
    expect(await subject.policies()).toEqual([]);
  });
});
