import { skillContract } from "@chaos-agents/testkit/contract";
import { agent, bed, onCluster } from "../test/cluster-bed.fixture.ts";

onCluster("k8s.scale", () => {
  skillContract({
    agent,
    skill: "k8s.scale",
    subject: () => bed("k8s.scale", { names: ["web"], replicas: 1 }, async ({ pods }) => (await pods()).length === 1),
    async meddle({ patch, find }) {
      await patch("deployments/web", { spec: { replicas: 2 } });
      return async () => (await find("deployments/web")).spec.replicas === 2;
    },
  });
});
