import { skillContract } from "@chaos-agents/testkit/contract";
import { agent, bed, onCluster } from "../test/cluster-bed.fixture.ts";

onCluster("[CA-24] k8s.pod_kill", () => {
  skillContract({
    agent,
    skill: "k8s.pod_kill",
    async subject() {
      let known: string | undefined;
      return await bed("k8s.pod_kill", { label_selector: "app=web", count: 2 }, async ({ pods, until }) => {
        await until("three pods", async () => (await pods()).length === 3);
        const now = (await pods())
          .map(({ metadata }) => metadata.uid as string)
          .toSorted((a, b) => a.localeCompare(b))
          .join();
        const others = known !== undefined && known !== now;
        known = now;
        return others;
      });
    },
  });
});
