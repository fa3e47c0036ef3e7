import { expect, test } from "vitest";
import { expectOfTests } from "./given-cluster.ts";

const rbac = "/apis/rbac.authorization.k8s.io/v1";
const named = (name: string) => ({ metadata: { name } });
const [ours, theirs] = ["chaos-test-0a1b2c3d", "shop"];

test("on somebody's cluster tests read everything, and write to what they made themselves", () => {
  for (const [method, path, body] of [
    ["GET", "/api/v1/nodes"],
    ["POST", "/api/v1/namespaces", named(ours)],
    ["DELETE", `/api/v1/namespaces/${ours}`],
    ["POST", `/api/v1/namespaces/${ours}/pods?dryRun=All`],
    ["PATCH", `/apis/apps/v1/namespaces/${ours}/deployments/web?fieldManager=x`],
    ["POST", `${rbac}/clusterroles`, named(`chaos-k8s-scale-${ours}`)],
    ["DELETE", `${rbac}/clusterrolebindings/chaos-k8s-scale-${ours}`],
  ] as const)
    expect(() => expectOfTests(method, path, body), `${method} ${path}`).not.toThrow();
});

test("what would touch anything else is refused before it is sent", () => {
  for (const [method, path, body] of [
    ["PATCH", "/api/v1/nodes/worker-1"],
    ["POST", "/api/v1/namespaces", named(theirs)],
    ["POST", "/api/v1/namespaces", named(`${ours}-2`)],
    ["DELETE", `/api/v1/namespaces/${theirs}`],
    ["DELETE", `/api/v1/namespaces/${ours}x`],
    ["DELETE", "/api/v1/pods"],
    ["DELETE", `/api/v1/namespaces/${theirs}/pods?labelSelector=/namespaces/${ours}/`],
    ["PUT", "/api/v1/namespaces/kube-system/configmaps/coredns"],
    ["DELETE", `/api/v1/namespaces/${theirs}/configmaps/namespaces/${ours}/x`],
    ["POST", `${rbac}/clusterroles`, named("cluster-admin")],
    ["DELETE", `${rbac}/clusterroles/cluster-admin`],
    ["PATCH", `${rbac}/clusterroles/cluster-admin?x=${ours}`],
  ] as const)
    expect(() => expectOfTests(method, path, body), `${method} ${path}`).toThrow(/would touch/);
});
