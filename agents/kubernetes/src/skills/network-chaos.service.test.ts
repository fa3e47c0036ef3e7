import type { Clock } from "@chaos-agents/core";
import { skillContract } from "@chaos-agents/testkit/contract";
import { describe, expect, test } from "vitest";
import { byHand, unsupported } from "../test/by-hand.fixture.ts";
import { type ClusterBed, agent, bed, cluster, onCluster, onOwnCluster, web } from "../test/cluster-bed.fixture.ts";

const skill = "k8s.network_chaos";
const policies = async ({ call, at }: ClusterBed): Promise<any[]> => (await call("GET", at("networkpolicies"))).items;
const isCut = async (subject: ClusterBed) =>
  (await policies(subject)).some(
    ({ spec }) => JSON.stringify(spec.podSelector).includes("web") && !spec.ingress && !spec.egress,
  );
const cache = () => {
  const labels = { app: "cache" };
  const { spec, ...rest } = web();
  const template = { ...spec.template, metadata: { labels } };
  return {
    ...rest,
    metadata: { name: "cache" },
    spec: { ...spec, replicas: 2, selector: { matchLabels: labels }, template },
  };
};
const isReady = async ({ find }: ClusterBed) => (await find("deployments/cache")).status?.readyReplicas === 2;
const subjectOf = (params: Record<string, unknown>, objects: readonly any[] = []) =>
  bed(skill, { pod_selector: { app: "web" }, ...params }, isCut, objects);

onCluster("[CA-26] k8s.network_chaos", () => {
  skillContract({ agent, skill, subject: () => subjectOf({}) });

  test("only pods with certain labels are cut off: the API server takes the policy, with where they are now", async () => {
    await using subject = await subjectOf({ direction: "egress", peers: [{ pods: { app: "cache" } }], ports: [6379] }, [
      cache(),
    ]);
    await subject.until("the cache is ready", () => isReady(subject));
    await using fault = await byHand(skill, subject);
    expect(fault.things[0]!.label).toBe(
      `cut 3 pods of ${subject.namespace} with app=web off outgoing connections, as far as it goes to or from pods with app=cache at port 6379`,
    );
    expect(fault.things[0]!.cost).toEqual({ pods: 3 });
    expect(fault.findings).toMatchObject([{ level: "info", code: "note" }]);
    await fault.inject();
    expect(await fault.witness()).toEqual({ landed: true, detail: "the cluster has taken the policy" });
    const [{ spec, metadata }] = await policies(subject);
    expect(metadata.ownerReferences).toMatchObject([{ kind: "Job" }]);
    expect(spec.policyTypes).toEqual(["Egress"]);
    const ips = (await subject.pods("app=cache")).map(({ status }) => `${status.podIP}/32`);
    expect(ips).toHaveLength(2);
    expect(spec.egress[0].to[0].ipBlock.except.toSorted()).toEqual(ips.toSorted());
    expect(spec.egress[1].ports[0]).toEqual({ protocol: "TCP", port: 1, endPort: 6378 });
  });

  test("peers in other namespaces are found by the labels of those", async () => {
    await using other = await subjectOf({});
    await other.call(
      "PATCH",
      `/api/v1/namespaces/${other.namespace}`,
      { metadata: { labels: { team: "db" } } },
      "application/merge-patch+json",
    );
    await using subject = await subjectOf({ direction: "ingress", peers: [{ namespaces: { team: "db" } }] });
    await using fault = await byHand(skill, subject);
    expect(fault.things[0]!.label).toContain("as far as it goes to or from pods of namespaces with team=db");
    await fault.inject();
    const [{ spec }] = await policies(subject);
    expect(spec.ingress[0].from[0].ipBlock.except.toSorted()).toEqual(
      (await other.pods()).map(({ status }) => `${status.podIP}/32`).toSorted(),
    );
    expect(spec.ingress[0].from[2].namespaceSelector.matchExpressions).toEqual([
      { key: "team", operator: "NotIn", values: ["db"] },
    ]);
  });

  test("where another policy closes the same pods, one that allows the others is refused, in preflight and at the last moment", async () => {
    await using subject = await subjectOf({ peers: [{ cidr: "10.0.0.0/8" }] });
    const closing = (app: string, more: Record<string, unknown> = {}) => ({
      apiVersion: "networking.k8s.io/v1",
      kind: "NetworkPolicy",
      metadata: { name: `closes-${app}` },
      spec: { podSelector: { matchLabels: { app } }, policyTypes: ["Ingress"], ...more },
    });
    await subject.call("POST", subject.at("networkpolicies"), closing("cache"));
    await using late = await byHand(skill, subject);
    expect(late.findings).toEqual([]);
    await subject.call("POST", subject.at("networkpolicies"), closing("web"));
    await expect(late.inject()).rejects.toMatchObject({
      code: "side-effects-refused",
      message: expect.stringContaining("networkpolicy closes-web closes some of these pods"),
    });
    expect(await policies(subject)).toHaveLength(2);
    await using fault = await byHand(skill, subject);
    expect(fault.findings).toMatchObject([{ level: "error", code: "side-effects" }]);
    await using away = await byHand(skill, { ...subject, params: { ...subject.params, direction: "egress" } });
    expect(away.findings).toEqual([]);
    const all = { ...subject, params: { pod_selector: { app: "web" } } };
    await using closed = await byHand(skill, all);
    expect(closed.findings).toEqual([]);
    await subject.patch("networkpolicies/closes-web", { spec: { ingress: [{ ports: [{ port: 80 }] }] } });
    await using open = await byHand(skill, all);
    expect(open.findings).toMatchObject([
      { level: "warning", code: "no-effect", message: expect.stringContaining("that stays allowed") },
    ]);
  });

  test("a policy goes by labels alone: where some pods that have them are protected, it is refused", async () => {
    await using subject = await subjectOf({});
    const [pod] = await subject.pods();
    await subject.patch(`pods/${pod.metadata.name}`, { metadata: { annotations: { "chaos-agents.io/deny": "true" } } });
    await expect(byHand(skill, subject)).rejects.toMatchObject({
      code: "side-effects-refused",
      message: expect.stringContaining(`${pod.metadata.name} says chaos-agents.io/deny: "true"`),
    });
  });
});

/** A clock on which waiting takes no time. */
const hasty = (): Clock => {
  let at = 0;
  return {
    now: () => at,
    monotonic: () => at,
    sleep: async (ms) => void (at += 100 * ms),
  };
};

onOwnCluster("k8s.network_chaos with a probe", "kubelets that are played", () => {
  const probed = async () => {
    const subject = await subjectOf({ label_selector: "*", pod_selector: undefined, witness: "probe" });
    const fault = await byHand(skill, subject);
    await fault.inject();
    const { name } = fault.things[3]!.data as { name: string };
    const isPlayed = async () => (await subject.find(`pods/${name}`)).status.phase === "Running";
    await subject.until("KWOK has played it", isPlayed);
    return {
      subject,
      fault,
      /** As a kubelet would say it. */
      async say(open: Record<string, unknown>, closed: Record<string, unknown>) {
        const state = (name: string, how: Record<string, unknown>) => [
          { name, image: "", imageID: "", ready: false, restartCount: 0, state: how },
        ];
        const status = { initContainerStatuses: state("open", open), containerStatuses: state("closed", closed) };
        await cluster().call(
          "PATCH",
          `${subject.at(`pods/${name}`)}/status`,
          { status },
          "application/merge-patch+json",
        );
      },
      async [Symbol.asyncDispose]() {
        await fault[Symbol.asyncDispose]();
        await subject[Symbol.asyncDispose]();
      },
    };
  };
  const ended = (exitCode: number, message?: string) => ({ terminated: { exitCode, ...(message && { message }) } });

  test("two pods and a policy of their own, which no policy that breaks touches, and all of it goes", async () => {
    await using probe = await probed();
    const { subject, fault } = probe;
    expect(fault.things.map(({ label }) => label)).toEqual([
      `cut 3 pods of ${subject.namespace} off the network`,
      `start a pod in ${subject.namespace} that listens, for the probe`,
      "close one of its ports, for the probe",
      `start a pod in ${subject.namespace} that tries both ports, for the probe`,
    ]);
    const { items } = await subject.call("GET", `${subject.at("pods")}?labelSelector=chaos-agents.io/probe`);
    const [caller, listener] = items;
    expect(items).toHaveLength(2);
    for (const { spec, metadata } of items) {
      expect(spec.automountServiceAccountToken).toBe(false);
      expect(spec.securityContext.runAsNonRoot).toBe(true);
      expect(metadata.ownerReferences).toMatchObject([{ kind: "Job" }]);
    }
    const tries = (port: number) => ["connect", `${listener.status.podIP}:${port}`, "--timeout=5s", "--protocol=tcp"];
    expect(caller.spec.restartPolicy).toBe("Never");
    expect(caller.spec.initContainers).toMatchObject([{ name: "open", args: tries(8_081) }]);
    expect(caller.spec.containers).toMatchObject([{ name: "closed", args: tries(8_080) }]);
    expect(listener.spec.containers[0].args).toEqual(["porter"]);
    expect(listener.spec.containers[0].env.map(({ name }: any) => name)).toEqual([
      "SERVE_PORT_8081",
      "SERVE_PORT_8080",
    ]);
    const [cut, own] = await policies(subject);
    expect(cut.spec.podSelector.matchExpressions).toEqual([{ key: "chaos-agents.io/probe", operator: "DoesNotExist" }]);
    expect(own.spec.podSelector.matchLabels).toEqual(
      caller.metadata.labels["chaos-agents.io/probe"] && {
        "chaos-agents.io/probe": caller.metadata.labels["chaos-agents.io/probe"],
      },
    );
    expect(own.spec.ingress).toEqual([{ ports: [{ protocol: "TCP", port: 8_081 }] }]);
    expect((await fault.putBack()).map(({ outcome }) => outcome)).toEqual(["undone", "undone", "undone", "undone"]);
    expect(await policies(subject)).toEqual([]);
    expect(await subject.pods("chaos-agents.io/probe")).toEqual([]);
  });

  test("a probe that reached the open port and not the closed one has seen that policies are enforced", async () => {
    await using probe = await probed();
    await probe.say(ended(0), ended(1, "TIMEOUT\n"));
    expect(await probe.fault.witness(3)).toEqual({
      landed: true,
      detail: "the network plugin enforces policies: the probe reached an open port and no closed one (TIMEOUT)",
    });
  });

  test("a probe that reached the closed port has seen that they are not", async () => {
    await using probe = await probed();
    await probe.say(ended(0), ended(0));
    expect(await probe.fault.witness(3)).toMatchObject({
      landed: false,
      detail: expect.stringContaining("does not enforce policies"),
    });
  });

  test("a probe that reached nothing at all cannot tell", async () => {
    await using probe = await probed();
    await probe.say(ended(1, "REFUSED"), { waiting: { reason: "PodInitializing" } });
    expect(await probe.fault.witness(3)).toMatchObject({
      landed: false,
      detail: expect.stringContaining("cannot tell: even the open port was not reached (REFUSED)"),
    });
  });

  test("where nothing runs in the pods, it is not seen, and says so", async () => {
    await using probe = await probed();
    expect(await probe.fault.witness(3, hasty())).toMatchObject({
      landed: false,
      detail: expect.stringContaining("not seen: the probe pod gave no answer"),
    });
  });
});

describe("what cannot be meant", () => {
  const { params } = agent.skills.find(({ name }) => name === skill)!;
  const given = (more: Record<string, unknown>) => ({ namespace: "x", label_selector: "*", ...more });
  test("peers and ports are what is cut off, allow_… what stays; both is refused", () => {
    expect(unsupported(skill, given({ ports: [80], allow_ports: [53] }))).toMatch(/either what is cut off/);
    const labels = Object.fromEntries(["a", "b", "c", "d", "e"].map((key) => [key, "x"]));
    const peers = [{ pods: labels }, { pods: labels }, { pods: labels }];
    expect(unsupported(skill, given({ peers }))).toMatch(/too large a policy/);
    expect(unsupported(skill, given({ peers: peers.slice(1) }))).toBeUndefined();
    expect(unsupported(skill, { ports: [80] })).toMatch(/no pods are selected/);
  });

  test("a network is one, and an empty peer, which would mean everybody, is refused", () => {
    for (const cidr of ["10.0.0.0", "10.0.0.0/33", "10.0.0/8", "fd00::/129", "x/8"])
      expect(params.safeParse({ peers: [{ cidr }] }).success, cidr).toBe(false);
    for (const peer of [{}, { pods: {} }, { cidr: "10.0.0.0/8", pods: { a: "b" } }])
      expect(params.safeParse({ peers: [peer] }).success, JSON.stringify(peer)).toBe(false);
    expect(params.safeParse({ peers: [{ cidr: "fd00::/8" }] }).success).toBe(true);
  });
});
