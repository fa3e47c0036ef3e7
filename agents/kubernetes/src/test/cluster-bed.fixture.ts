import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type ClusterPhotograph,
  type KubernetesCluster,
  clusterDifferences,
  kubeMissing,
  kubeconfigFile,
  photographCluster,
  startKubernetes,
} from "@chaos-agents/testkit";
import type { Subject } from "@chaos-agents/testkit/contract";
import { afterAll, beforeAll, describe } from "vitest";
import { parseAllDocuments } from "yaml";
import { kubernetesAgent } from "../index.ts";

export const agent = kubernetesAgent;

const missing = kubeMissing();
if (missing !== undefined && process.env["CI"] === "true") throw new Error(missing);

let running: KubernetesCluster | undefined;

/** The tests of one file, on a control plane of their own. */
export function onCluster(name: string, tests: () => void, options: { nodes?: number } = {}): void {
  describe.skipIf(missing)(missing ? `${name}: ${missing}` : name, () => {
    beforeAll(async () => {
      running = await startKubernetes(options);
    }, 3_000_000);
    afterAll(() => running?.[Symbol.asyncDispose](), 60_000);
    tests();
  });
}

export const cluster = (): KubernetesCluster => running!;

export interface ClusterBed extends Subject<ClusterPhotograph> {
  readonly namespace: string;
  /** One request of the administrator's. */
  readonly call: KubernetesCluster["call"];
  /** Path of an object or a collection in this namespace: `deployments/web`. */
  readonly at: (path: string) => string;
  /** As the administrator: an object, or undefined. */
  readonly find: (path: string) => Promise<any>;
  /** As the administrator: changes it by a merge patch. */
  readonly patch: (path: string, body: unknown) => Promise<any>;
  /** Pods with these labels that are not on their way out. */
  readonly pods: (labelSelector?: string) => Promise<any[]>;
  /** Waits until it is so. */
  readonly until: (what: string, isSo: () => Promise<boolean>) => Promise<void>;
}

const groups: Record<string, string> = {
  pods: "/api/v1",
  services: "/api/v1",
  configmaps: "/api/v1",
  secrets: "/api/v1",
  resourcequotas: "/api/v1",
  jobs: "/apis/batch/v1",
  networkpolicies: "/apis/networking.k8s.io/v1",
  poddisruptionbudgets: "/apis/policy/v1",
  serviceaccounts: "/api/v1",
  roles: "/apis/rbac.authorization.k8s.io/v1",
  rolebindings: "/apis/rbac.authorization.k8s.io/v1",
};

/** What an application is made of: three pods of `web`, ready, and what else is asked for. */
export const web = (more: Record<string, unknown> = {}) => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web" },
  spec: {
    replicas: 3,
    selector: { matchLabels: { app: "web" } },
    template: {
      metadata: { labels: { app: "web" } },
      spec: { containers: [{ name: "web", image: "nginx:1.27" }], ...more },
    },
  },
});

/**
 * A namespace of its own with an application in it. Who breaks it there may do what `chaos show SKILL --rbac` says, and
 * nothing else.
 */
export async function bed(
  skill: string,
  params: Record<string, unknown>,
  felt: (bed: ClusterBed) => Promise<boolean>,
  objects: readonly any[] = [],
): Promise<ClusterBed> {
  const { call } = cluster();
  const namespace = `app-${randomBytes(4).toString("hex")}`;
  const folder = await mkdtemp(join(tmpdir(), "chaos-kubeconfig-"));
  const at = (path: string) => `${groups[path.split("/")[0]!] ?? "/apis/apps/v1"}/namespaces/${namespace}/${path}`;
  const find = (path: string) =>
    call("GET", at(path)).catch((error: { status?: number }) => {
      if (error.status === 404) return undefined;
      throw error;
    });
  const until = async (what: string, isSo: () => Promise<boolean>) => {
    for (const limit = AbortSignal.timeout(60_000); !(await isSo());) {
      if (limit.aborted) throw new Error(`never: ${what}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  const pods = async (labelSelector = "app=web") => {
    const { items } = await call("GET", `${at("pods")}?labelSelector=${encodeURIComponent(labelSelector)}`);
    return items.filter(({ metadata }: any) => metadata.deletionTimestamp === undefined);
  };
  await call("POST", "/api/v1/namespaces", { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
  for (const object of [web(), ...objects]) await call("POST", at(pluralOf(object.kind)), object);
  const token = await breaker(skill, namespace);
  const kubeconfig = join(folder, "kubeconfig");
  await writeFile(kubeconfig, kubeconfigFile({ ...cluster(), token }));
  await until("all pods of web are ready", async () => (await find("deployments/web")).status?.readyReplicas === 3);
  const made: ClusterBed = {
    namespace,
    call,
    config: { kubeconfig, namespace },
    params,
    observeEffect: () => felt(made),
    oracle: {
      photograph: () => photographCluster(cluster(), namespace),
      differences: clusterDifferences,
      patience: 20_000,
    },
    at,
    find,
    patch: (path, body) => call("PATCH", at(path), body, "application/merge-patch+json"),
    pods,
    until,
    async [Symbol.asyncDispose]() {
      await rm(folder, { recursive: true, force: true });
      await call("DELETE", `/api/v1/namespaces/${namespace}`);
    },
  };
  return made;
}

const pluralOf = (kind: string) => `${kind.toLowerCase().replace(/y$/, "ie")}s`;

/** A service account with exactly the skill's own roles; answers its token. */
async function breaker(skill: string, namespace: string): Promise<string> {
  const { call } = cluster();
  const rbac = "/apis/rbac.authorization.k8s.io/v1";
  const subjects = [{ kind: "ServiceAccount", name: "breaker", namespace }];
  const account = `/api/v1/namespaces/${namespace}/serviceaccounts`;
  await call("POST", account, { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "breaker" } });
  for (const document of parseAllDocuments(agent.skills.find(({ name }) => name === skill)!.role!)) {
    const role: any = document.toJS();
    // somebody else's
    if (role.metadata.name.endsWith("-undo-job")) continue;
    const isWide = role.kind === "ClusterRole";
    const where = isWide ? rbac : `${rbac}/namespaces/${namespace}`;
    const name = isWide ? `${role.metadata.name}-${namespace}` : role.metadata.name;
    await call("POST", `${where}/${pluralOf(role.kind)}`, { ...role, metadata: { name } });
    const binding = {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: `${role.kind}Binding`,
      metadata: { name },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: role.kind, name },
      subjects,
    };
    await call("POST", `${where}/${pluralOf(binding.kind)}`, binding);
  }
  const asked = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: { expirationSeconds: 7_200 } };
  return (await call("POST", `${account}/breaker/token`, asked)).status.token;
}
