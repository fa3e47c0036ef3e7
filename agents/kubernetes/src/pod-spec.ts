import type { Cluster } from "./cluster.ts";
import { apiVersion, collectionPath } from "./kinds.ts";

/** What pods of ours have in common: they pass the strictest pod security standard, and cannot speak to the API. */
export const podSpec = (containers: readonly Record<string, unknown>[], more: Record<string, unknown> = {}) => ({
  automountServiceAccountToken: false,
  enableServiceLinks: false,
  terminationGracePeriodSeconds: 1,
  securityContext: {
    runAsNonRoot: true,
    runAsUser: 65_534,
    runAsGroup: 65_534,
    fsGroup: 65_534,
    seccompProfile: { type: "RuntimeDefault" },
  },
  containers: containers.map((container) => ({
    ...container,
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
  })),
  ...more,
});

/** Asks the API server whether it would take one more pod, without making it; throws its refusal. */
export async function tryPod(cluster: Cluster, namespace: string, name: string, signal: AbortSignal): Promise<void> {
  const little = { cpu: "10m", memory: "16Mi" };
  const resources = { requests: little, limits: little };
  const body = {
    apiVersion: apiVersion("Pod"),
    kind: "Pod",
    metadata: { name, namespace },
    spec: podSpec([{ name: "none", image: "never-pulled.invalid/none", resources }]),
  };
  await cluster.api.request("POST", collectionPath("Pod", namespace), { query: { dryRun: "All" }, body, signal });
}
