import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { request as plainRequest } from "node:http";
import { type RequestOptions, request as secureRequest } from "node:https";
import { text } from "node:stream/consumers";
import type { KubernetesCluster } from "./kubernetes-cluster.ts";

/** A cluster as its user sees it, whoever made it. */
export type ReachableCluster = Pick<KubernetesCluster, "kubeconfig" | "server" | "call"> &
  AsyncDisposable & {
    /** Who vouches for the server; the system's own where that is left out. */
    readonly ca?: string;
    /** Nobody has to. */
    readonly unchecked?: boolean;
  };

/** The namespaces that tests make have names like this one, and what they make outside of any ends with it. */
const testNamespace = /chaos-test-[0-9a-f]{8}/;
const ofTests = [
  String.raw`/apis?/[^/?]+(?:/[^/?]+)?/namespaces/${testNamespace.source}(?:/[^?]*)?`,
  String.raw`/apis/rbac\.authorization\.k8s\.io/v1/clusterrole(?:binding)?s/[^/?]*${testNamespace.source}`,
].map((path) => new RegExp(String.raw`^${path}(?:\?|$)`));
const collections = [
  "/api/v1/namespaces",
  "/apis/rbac.authorization.k8s.io/v1/clusterroles",
  "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
];

/** Throws for what would change anything that no test has made. */
export function expectOfTests(method: string, path: string, body: any): void {
  if (method === "GET" || ofTests.some((own) => own.test(path))) return;
  const name = String(body?.metadata?.name);
  if (method === "POST" && collections.includes(path) && new RegExp(`${testNamespace.source}$`).test(name)) return;
  throw new Error(`${method} ${path} would touch what is not the tests' own`);
}

/** Somebody's cluster, by the current context of a kubeconfig. What tests write there is theirs, or refused. */
export async function reachKubernetes(kubeconfig: string): Promise<ReachableCluster> {
  const { KubeConfig } = await import("@kubernetes/client-node");
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  const cluster = config.getCurrentCluster();
  if (!cluster) throw new Error(`${kubeconfig} has no current context`);
  const server = cluster.server.replace(/\/$/, "");
  const ca = cluster.caData
    ? Buffer.from(cluster.caData, "base64").toString()
    : cluster.caFile && (await readFile(cluster.caFile, "utf8"));
  const request = server.startsWith("https:") ? secureRequest : plainRequest;
  return {
    kubeconfig,
    server,
    ...(ca && { ca }),
    ...(cluster.skipTLSVerify && { unchecked: true }),
    async call(method, path, body, type = "application/json") {
      expectOfTests(method, path, body);
      const options: RequestOptions = { method, headers: body === undefined ? {} : { "content-type": type } };
      await config.applyToHTTPSOptions(options);
      const asked = request(`${server}${path}`, options);
      asked.end(body === undefined ? undefined : JSON.stringify(body));
      const [response] = await once(asked, "response");
      const said = await text(response);
      if (response.statusCode < 400) return said.startsWith("{") ? JSON.parse(said) : said;
      const { statusCode: status } = response;
      throw Object.assign(new Error(`${method} ${path}: ${status} ${said.slice(0, 500)}`), { status });
    },
    async [Symbol.asyncDispose]() {},
  };
}
