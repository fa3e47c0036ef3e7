import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type ClusterPhotograph,
  type KubernetesCluster,
  type ReachableCluster,
  clusterDifferences,
  kubeMissing,
  kubeconfigFile,
  photographCluster,
  reachKubernetes,
  startApiDouble,
  startKubernetes,
} from "@chaos-agents/testkit";
import type { Subject } from "@chaos-agents/testkit/contract";
import { afterAll, beforeAll, describe } from "vitest";
import { parseAllDocuments } from "yaml";
import { kubernetesAgent } from "../index.ts";

export const agent = kubernetesAgent;

/** Somebody's cluster to test on, instead of one of our own. */
const given = process.env["CHAOS_TEST_KUBECONFIG"];
const missing = kubeMissing();
if (missing !== undefined && given === undefined && process.env["CI"] === "true") throw new Error(missing);

let running: ReachableCluster | undefined;
let own: KubernetesCluster | undefined;

/** The tests of one file: on a control plane of their own, or on the cluster that CHAOS_TEST_KUBECONFIG names. */
export function onCluster(name: string, tests: () => void): void {
  describeUnless(given === undefined ? missing : undefined, name, () => {
    beforeAll(async () => {
      running = given === undefined ? (own = await startKubernetes()) : await reachKubernetes(given);
    }, 3_000_000);
    afterAll(() => running?.[Symbol.asyncDispose](), 60_000);
    tests();
  });
}

const notGiven = (what: string) => given && `needs ${what}, which the cluster of CHAOS_TEST_KUBECONFIG does not lend`;

/** Of what only a cluster of our own has, or lets be done to it. */
export function onOwnCluster(name: string, what: string, tests: () => void): void {
  if (given === undefined) onCluster(name, tests);
  else describeUnless(notGiven(what), name, tests);
}

/** Whether to skip one test of such, and why. */
export const unlessOwn = (what: string): [boolean, string] => [given !== undefined, notGiven(what) ?? ""];

/** Of what an imitation of an API server in this process is enough for. */
export function onDouble(name: string, tests: () => void): void {
  describe(name, () => {
    beforeAll(async () => {
      running = await startApiDouble();
    });
    afterAll(() => running?.[Symbol.asyncDispose]());
    tests();
  });
}

const describeUnless = (why: string | undefined, name: string, tests: () => void) =>
  describe.skipIf(why)(why ? `${name}: ${why}` : name, tests);

export function cluster(): KubernetesCluster {
  if (!own) throw new Error("this test needs a cluster of our own");
  return own;
}

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
  const { call } = running!;
  const namespace = `chaos-test-${randomBytes(4).toString("hex")}`;
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
  await using unmade = new AsyncDisposableStack();
  unmade.defer(() => rm(folder, { recursive: true, force: true }));
  await call("POST", "/api/v1/namespaces", {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: namespace, labels: testLabels },
  });
  unmade.defer(() => remove(`/api/v1/namespaces/${namespace}`));
  for (const object of [web(), ...objects]) await call("POST", at(pluralOf(object.kind)), object);
  const token = await breaker(skill, namespace, unmade);
  const kubeconfig = join(folder, "kubeconfig");
  await writeFile(kubeconfig, kubeconfigFile({ ...running!, token }));
  await until("all pods of web are ready", async () => (await find("deployments/web")).status?.readyReplicas === 3);
  const cleaning = unmade.move();
  const made: ClusterBed = {
    namespace,
    call,
    config: { kubeconfig, namespace },
    params,
    observeEffect: () => felt(made),
    oracle: {
      photograph: () => photographCluster(running!, namespace, own !== undefined),
      differences: clusterDifferences,
      patience: 20_000,
    },
    at,
    find,
    patch: (path, body) => call("PATCH", at(path), body, "application/merge-patch+json"),
    pods,
    until,
    [Symbol.asyncDispose]: () => cleaning.disposeAsync(),
  };
  return made;
}

async function remove(path: string): Promise<void> {
  await running!.call("DELETE", path).catch((error: { status?: number }) => {
    if (error.status !== 404) throw error;
  });
}

/**
 * Nobody else's pods are on the nodes: what tests before have left goes at once, and not when the namespace's turn comes.
 */
export async function aloneOnNodes({ namespace, call, until }: ClusterBed): Promise<void> {
  await until("the pods of other tests are gone", async () => {
    const { items } = await call("GET", "/api/v1/pods");
    const others = items.filter(({ metadata }: any) => metadata.namespace !== namespace);
    for (const { metadata } of others) {
      await remove(`/api/v1/namespaces/${metadata.namespace}/pods/${metadata.name}?gracePeriodSeconds=0`);
    }
    return others.length === 0;
  });
}

/** On all that is made outside of a namespace, to find it by. */
const testLabels = { "chaos-agents.io/test": "true" };

const pluralOf = (kind: string) => `${kind.toLowerCase().replace(/y$/, "ie")}s`;

/** A service account with exactly the skill's own roles; answers its token. */
async function breaker(skill: string, namespace: string, unmade: AsyncDisposableStack): Promise<string> {
  const { call } = running!;
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
    const metadata = { name, labels: testLabels };
    const make = async (kind: string, object: Record<string, unknown>) => {
      const path = `${where}/${pluralOf(kind)}`;
      await call("POST", path, { ...object, kind, metadata });
      if (isWide) unmade.defer(() => remove(`${path}/${name}`));
    };
    await make(role.kind, role);
    await make(`${role.kind}Binding`, {
      apiVersion: role.apiVersion,
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: role.kind, name },
      subjects,
    });
  }
  const asked = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: { expirationSeconds: 7_200 } };
  return (await call("POST", `${account}/breaker/token`, asked)).status.token;
}
