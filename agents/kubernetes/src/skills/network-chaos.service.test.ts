import { skillContract } from "@chaos-agents/testkit/contract";
import { agent, bed, onCluster } from "../test/cluster-bed.fixture.ts";

onCluster("[CA-26] k8s.network_chaos", () => {
  skillContract({
    agent,
    skill: "k8s.network_chaos",
    subject: () =>
      bed("k8s.network_chaos", { pod_selector: { app: "web" } }, async ({ call, at }) => {
        const { items } = await call("GET", at("networkpolicies"));
        return items.some(
          ({ spec }: any) => JSON.stringify(spec.podSelector).includes("web") && !spec.ingress && !spec.egress,
        );
      }),
  });
});
