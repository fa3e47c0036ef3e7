import type { ClusterBed } from "../test/cluster-bed.fixture.ts";

/** A use of a skill, and whether somebody else sees that it was done. */
export interface ClusterFault {
  skill: string;
  params: Record<string, unknown>;
  felt(bed: ClusterBed): Promise<boolean>;
}

/** What goes with our lease, and what stands in objects of others. */
export const faults: readonly ClusterFault[] = [
  {
    skill: "k8s.network_chaos",
    params: { pod_selector: { app: "web" } },
    felt: async ({ call, at }) => (await call("GET", at("networkpolicies"))).items.length > 0,
  },
  {
    skill: "k8s.scale",
    params: { names: ["web"], replicas: 2 },
    felt: async ({ find }) => (await find("deployments/web")).spec.replicas === 2,
  },
];
