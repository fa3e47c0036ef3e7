import type { Discovery } from "@chaos-agents/core";
import type { KubernetesObject } from "./api.ts";
import type { Cluster } from "./cluster.ts";
import type { Kind } from "./kinds.ts";

type Row = (string | number | boolean | null)[];

const workloadKinds = ["Deployment", "StatefulSet", "DaemonSet"] as const;

/** What there is to break: of one namespace where the file names one, else of all. */
export async function discoverCluster(cluster: Cluster, signal: AbortSignal): Promise<Discovery> {
  const namespace = cluster.config.namespace ?? "";
  const all = async (kind: Kind, within = namespace) => {
    const found: KubernetesObject[] = [];
    for await (const one of cluster.api.list(kind, within, {}, signal)) found.push(one);
    return found;
  };
  const version = (await cluster.api.request("GET", "/version", { signal })) as { gitVersion: string };
  const [workloads, budgets, policies, nodes] = await Promise.all([
    Promise.all(
      workloadKinds.map(async (kind) => (await readable(() => all(kind))).map((one) => workloadRow(kind, one))),
    ),
    readable(() => all("PodDisruptionBudget")),
    readable(() => all("NetworkPolicy")),
    readable(() => all("Node", "")),
  ]);
  const rows = workloads.flat();
  const tables = [
    { title: "Workloads", columns: ["namespace", "kind", "name", "pods", "ready"], rows },
    { title: "Nodes", columns: ["node", "ready", "takes new pods", "version"], rows: nodes.map(nodeRow) },
    {
      title: "Budgets",
      columns: ["namespace", "budget", "may be gone now", "healthy", "wanted"],
      rows: budgets.map(({ metadata, status = {} }): Row => [
        metadata.namespace!,
        metadata.name,
        status.disruptionsAllowed ?? 0,
        status.currentHealthy ?? 0,
        status.desiredHealthy ?? 0,
      ]),
    },
    {
      title: "Network policies",
      columns: ["namespace", "policy", "pods", "directions"],
      rows: policies.map(({ metadata, spec }): Row => [
        metadata.namespace!,
        metadata.name,
        labelsText(spec.podSelector?.matchLabels),
        (spec.policyTypes ?? ["Ingress"]).join(", "),
      ]),
    },
  ];
  const where = namespace === "" ? "" : ` in ${namespace}`;
  return {
    summary: `Kubernetes ${version.gitVersion}, ${rows.length} workloads${where}, ${nodes.length} nodes`,
    tables: tables.filter((table) => table.rows.length > 0),
  };
}

/** Discovery shows what it may see. */
async function readable(list: () => Promise<KubernetesObject[]>): Promise<KubernetesObject[]> {
  return await list().catch((error: unknown) => {
    if ((error as { code?: string }).code === "permission-missing") return [];
    throw error;
  });
}

function workloadRow(kind: Kind, { metadata, spec, status = {} }: KubernetesObject): Row {
  const [wanted, ready] =
    kind === "DaemonSet"
      ? [status.desiredNumberScheduled ?? 0, status.numberReady ?? 0]
      : [spec.replicas ?? 1, status.readyReplicas ?? 0];
  return [metadata.namespace!, kind, metadata.name, wanted, ready];
}

function nodeRow({ metadata, spec = {}, status }: KubernetesObject): Row {
  const ready = status.conditions?.some((one: any) => one.type === "Ready" && one.status === "True") ?? false;
  return [metadata.name, ready, spec.unschedulable !== true, status.nodeInfo?.kubeletVersion ?? null];
}

const labelsText = (labels: Record<string, string> | undefined): string =>
  Object.entries(labels ?? {})
    .map(([name, value]) => `${name}=${value}`)
    .join(",") || "all";
