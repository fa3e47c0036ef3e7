import type { ClusterPhotograph } from "@chaos-agents/testkit";
import { type ClusterBed, web } from "../test/cluster-bed.fixture.ts";

/** A use of a skill, and whether somebody else sees that it was done. */
export interface ClusterFault {
  skill: string;
  params: Record<string, unknown>;
  felt: (bed: ClusterBed) => Promise<boolean>;
}

/** Faults that stand together in one experiment. */
export interface ClusterFaults {
  name: string;
  faults: readonly ClusterFault[];
  /** What they break, besides `web`. */
  objects?: readonly any[];
  config?: Record<string, unknown>;
  /** Before every run, and before every look. */
  ready?: (bed: ClusterBed) => Promise<void>;
  /** What of a photograph has to be as before; all when left out. */
  asBefore?: (photograph: ClusterPhotograph) => ClusterPhotograph;
  /** How many kills are a sample. */
  sample: number;
}

const app = (name: string) => {
  const containers = [{ name, image: `${name}:1` }];
  const template = { metadata: { labels: { app: name } }, spec: { containers } };
  return { ...web(), metadata: { name }, spec: { replicas: 2, selector: { matchLabels: { app: name } }, template } };
};
const object = (kind: string, name: string, more: Record<string, unknown>) => ({
  apiVersion: "v1",
  kind,
  metadata: { name },
  ...more,
});

const uidsOf = async ({ pods }: ClusterBed, name: string): Promise<string[]> =>
  (await pods(`app=${name}`)).map(({ metadata }) => metadata.uid);
const node = async ({ call }: ClusterBed, name: string) => (await call("GET", `/api/v1/nodes/${name}`)).spec;
const corefile = ".:53 {\n    errors\n    forward . /etc/resolv.conf\n    reload\n}\n";
const coredns = "/api/v1/namespaces/kube-system/configmaps";

/** By its pods as they were when the run began. */
function anew(name: string): Pick<ClusterFault, "felt"> & { remember: (bed: ClusterBed) => Promise<void> } {
  let known: string[] = [];
  return {
    remember: async (bed) => void (known = await uidsOf(bed, name)),
    async felt(bed) {
      const now = await uidsOf(bed, name);
      return known.some((uid) => !now.includes(uid));
    },
  };
}
const killed = anew("killed");
const restarted = anew("restarted");

const made: ClusterFaults = {
  name: "what we make",
  sample: 6,
  faults: [
    {
      skill: "k8s.network_chaos",
      params: { pod_selector: { app: "web" } },
      felt: async ({ call, at }) => (await call("GET", at("networkpolicies"))).items.length > 0,
    },
    {
      skill: "k8s.resource_stress",
      params: { cpu_workers: 1, memory: "64M" },
      felt: async ({ pods }) => (await pods("chaos-agents.io/run")).length > 0,
    },
    {
      skill: "k8s.quota_exhaust",
      params: {},
      felt: async ({ call, at }) => (await call("GET", at("resourcequotas"))).items.length > 0,
    },
  ],
};

const changed: ClusterFaults = {
  name: "what we change",
  sample: 6,
  config: { system_namespaces: true },
  objects: [
    object("ConfigMap", "settings", { data: { color: "green" } }),
    object("Secret", "login", { stringData: { password: "correct horse" } }),
    object("Service", "web", { spec: { selector: { app: "web" }, ports: [{ port: 80 }] } }),
  ],
  async ready({ call }) {
    const { items } = await call("GET", coredns);
    if (items.some(({ metadata }: any) => metadata.name === "coredns")) return;
    await call("POST", coredns, object("ConfigMap", "coredns", { data: { Corefile: corefile } }));
  },
  faults: [
    {
      skill: "k8s.scale",
      params: { names: ["web"], replicas: 2 },
      felt: async ({ find }) => (await find("deployments/web")).spec.replicas === 2,
    },
    {
      skill: "k8s.config_corrupt",
      params: { name: "settings", key: "color", mode: "remove" },
      felt: async ({ find }) => (await find("configmaps/settings")).data?.color === undefined,
    },
    {
      skill: "k8s.config_corrupt",
      params: { kind: "secret", name: "login", key: "password", value: "wrong" },
      felt: async ({ find }) => (await find("secrets/login")).data.password === Buffer.from("wrong").toString("base64"),
    },
    {
      skill: "k8s.service_break",
      params: { names: ["web"] },
      felt: async ({ find }) => Object.keys((await find("services/web")).spec.selector).length > 1,
    },
    {
      skill: "k8s.dns_chaos",
      params: { names: ["db.example.com"] },
      felt: async ({ call }) => (await call("GET", `${coredns}/coredns`)).data.Corefile.includes("db.example.com"),
    },
  ],
};

const replaced: ClusterFaults = {
  name: "what has pods replaced",
  sample: 5,
  objects: ["killed", "restarted", "failing", "probed", "configured"].map(app),
  async ready(bed) {
    await killed.remember(bed);
    await restarted.remember(bed);
  },
  /** A restart leaves kubectl's annotation and another replica set; its pods are as many and as ready as before. */
  asBefore: (photograph) =>
    Object.fromEntries(
      Object.entries(photograph)
        .filter(([name]) => !/ restarted.*(?:restartedAt|pod-template-hash)/.test(name))
        .map((fact) => fact.map((text) => text.replace(/\brestarted-[a-z0-9]+/, "restarted-…")) as [string, string]),
    ),
  faults: [
    { skill: "k8s.pod_kill", params: { label_selector: "app=killed", count: 1 }, felt: killed.felt },
    { skill: "k8s.rollout_restart", params: { names: ["restarted"] }, felt: restarted.felt },
    {
      skill: "k8s.pod_failure",
      params: { names: ["failing"] },
      felt: async ({ pods }) =>
        (await pods("app=failing")).some(({ spec }) => spec.containers[0].image !== "failing:1"),
    },
    {
      skill: "k8s.probe_break",
      params: { names: ["probed"] },
      felt: async ({ pods }) => (await pods("app=probed")).some(({ spec }) => spec.containers[0].readinessProbe),
    },
    {
      skill: "k8s.env_change",
      params: { names: ["configured"], name: "CACHE", value: "none" },
      felt: async ({ pods }) => (await pods("app=configured")).some(({ spec }) => spec.containers[0].env),
    },
  ],
};

const nodes: ClusterFaults = {
  name: "what we do to nodes",
  sample: 6,
  /** Something to evict: pods stay where they went. */
  async ready({ call, at, pods, find, until }) {
    const there = await pods();
    if (there.some(({ spec }) => spec.nodeName === "node-1")) return;
    await call("DELETE", `${at("pods")}?labelSelector=app%3Dweb`);
    await until("all pods of web are new and ready", async () => {
      const now = await pods();
      const isNew = now.every(({ metadata }) => !there.some((old) => old.metadata.uid === metadata.uid));
      return isNew && now.length === 3 && (await find("deployments/web")).status.readyReplicas === 3;
    });
  },
  faults: [
    {
      skill: "k8s.node_taint",
      params: { node_name: "node-0", key: "example.com/broken" },
      felt: async (bed) =>
        ((await node(bed, "node-0")).taints ?? []).some(({ key }: any) => key === "example.com/broken"),
    },
    {
      skill: "k8s.node_drain",
      params: { node_name: "node-1", evict: true },
      felt: async (bed) => (await node(bed, "node-1")).unschedulable === true,
    },
  ],
};

export const faultsTogether: readonly ClusterFaults[] = [made, changed, replaced, nodes];
