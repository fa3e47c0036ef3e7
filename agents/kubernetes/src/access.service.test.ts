import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { writeFile } from "node:fs/promises";
import { systemClock } from "@chaos-agents/core";
import { freePort, kubeconfigFile } from "@chaos-agents/testkit";
import { FaultAlone } from "@chaos-agents/testkit/contract";
import { expect, test } from "vitest";
import type { Cluster } from "./cluster.ts";
import { type ClusterBed, agent, bed, cluster, onOwnCluster } from "./test/cluster-bed.fixture.ts";

const skill = agent.skills.find(({ name }) => name === "k8s.scale")!;
const subjectOf = () => bed("k8s.scale", { names: ["web"], replicas: 1 }, async () => true);
const connect = (config: unknown) =>
  agent.connect(agent.config.parse(config), {
    mark: "chaos/test",
    signal: AbortSignal.timeout(30_000),
    clock: systemClock,
  });

/** Another way in than the bed's own, in its place. */
async function withKubeconfig(subject: ClusterBed, change: (text: string) => string) {
  const path = `${String(subject.config["kubeconfig"])}.other`;
  const token = cluster().token;
  await writeFile(path, change(kubeconfigFile({ ...cluster(), token })));
  return { ...subject.config, kubeconfig: path };
}

onOwnCluster("a cluster that does not let us in says why, and what to do", "its audit log and token", () => {
  test("[CA-09] the kubeconfig does not exist, or is none", async () => {
    await expect(connect({ namespace: "x", kubeconfig: "/nowhere/config" })).rejects.toMatchObject({
      code: "usage",
      message: "the kubeconfig /nowhere/config does not exist",
      remedy: expect.stringContaining("kubectl"),
    });
    await using subject = await subjectOf();
    const broken = await withKubeconfig(subject, () => "clusters: [");
    await expect(connect(broken)).rejects.toMatchObject({
      code: "usage",
      message: expect.stringContaining("cannot be read"),
    });
  });

  test("[CA-09] there is no such context: those that there are, are named", async () => {
    await using subject = await subjectOf();
    await expect(connect({ ...subject.config, context: "tset" })).rejects.toMatchObject({
      message: "there is no context tset in the kubeconfig",
      remedy: "It has: test",
    });
  });

  // an idle HTTP/2 session of undici's ends the process some seconds later
  test("a few connections for many requests, and those speak HTTP/1.1", async () => {
    await using subject = await subjectOf();
    const spoken: unknown[] = [];
    const onConnected = (message: unknown) =>
      spoken.push((message as { socket: { alpnProtocol: string } }).socket.alpnProtocol);
    subscribe("undici:client:connected", onConnected);
    try {
      await using target = (await connect(subject.config)) as Cluster;
      const signal = AbortSignal.timeout(30_000);
      for (let n = 0; n < 10; n++) await target.api.request("GET", "/version", { signal });
      expect(new Set(spoken)).toEqual(new Set(["http/1.1"]));
      expect(spoken.length).toBeLessThan(5);
    } finally {
      unsubscribe("undici:client:connected", onConnected);
    }
  });

  test("the token is no good any more", async () => {
    await using subject = await subjectOf();
    const expired = await withKubeconfig(subject, (text) => text.replace(cluster().token, "gone"));
    await expect(connect(expired)).rejects.toMatchObject({
      code: "permission-missing",
      message: expect.stringContaining("does not accept the login of context test"),
      remedy: expect.stringContaining("log in again"),
    });
  });

  test("nothing listens there; nobody vouches for it", async () => {
    await using subject = await subjectOf();
    const closed = await freePort();
    const elsewhere = await withKubeconfig(subject, (text) => text.replace(/127\.0\.0\.1:\d+/, `127.0.0.1:${closed}`));
    await expect(connect(elsewhere)).rejects.toMatchObject({
      code: "target-unreachable",
      message: expect.stringContaining("connection refused"),
    });
    const untrusted = await withKubeconfig(subject, (text) => text.replace(/, certificate-authority-data: [^ ]+/, ""));
    await expect(connect(untrusted)).rejects.toMatchObject({
      code: "target-unreachable",
      message: expect.stringContaining("certificate is not trusted"),
      remedy: expect.stringContaining("certificate-authority"),
    });
  });

  test("a right is missing: preflight names it, and nothing was touched", async () => {
    await using subject = await subjectOf();
    const role = subject.at("roles/chaos-k8s-scale");
    const { rules } = await subject.call("GET", role);
    const fewer = rules.map((rule: any) => ({ ...rule, verbs: rule.verbs.filter((verb: string) => verb !== "patch") }));
    await subject.call("PATCH", role, { rules: fewer }, "application/merge-patch+json");
    await using fault = await FaultAlone.open(agent, skill, subject.config);
    const findings = await skill.preflight!(
      fault.target,
      await fault.things(subject.params),
      skill.params.parse(subject.params),
      fault.context,
    );
    expect(findings).toMatchObject([
      {
        level: "error",
        code: "permission-missing",
        message: `test may not patch deployments in namespace ${subject.namespace}`,
        remedy: "chaos show k8s.scale --rbac prints the role that allows it",
      },
      { message: `test may not patch statefulsets in namespace ${subject.namespace}` },
    ]);
    const written = (await cluster().audit()).filter(
      ({ user, namespace, verb }) => user.endsWith(":breaker") && namespace === subject.namespace && verb !== "create",
    );
    expect(written).toEqual([]);
  });
});
