import { skillContract } from "@chaos-agents/testkit/contract";
import { type ClusterBed, agent, bed, onDouble } from "./test/cluster-bed.fixture.ts";

const settings = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "settings" }, data: { color: "green" } };
const colorOf = async ({ find }: ClusterBed) => (await find("configmaps/settings")).data?.color;

/** For who has no Go: the protocol, and what our skills make of it. What a cluster does, only a real one shows. */
onDouble("a double of an API server, in this process", () => {
  skillContract({
    agent,
    skill: "k8s.network_chaos",
    subject: () =>
      bed("k8s.network_chaos", { pod_selector: { app: "web" } }, async ({ call, at }) => {
        return (await call("GET", at("networkpolicies"))).items.length > 0;
      }),
  });

  skillContract({
    agent,
    skill: "k8s.scale",
    subject: () => bed("k8s.scale", { names: ["web"], replicas: 1 }, async ({ pods }) => (await pods()).length === 1),
    async meddle({ patch, find }) {
      await patch("deployments/web", { spec: { replicas: 2 } });
      return async () => (await find("deployments/web")).spec.replicas === 2;
    },
  });

  skillContract({
    agent,
    skill: "k8s.config_corrupt",
    subject: () =>
      bed(
        "k8s.config_corrupt",
        { name: "settings", key: "color", mode: "remove" },
        async (subject) => (await colorOf(subject)) !== "green",
        [settings],
      ),
    async meddle(subject) {
      await subject.patch("configmaps/settings", { data: { color: "theirs" } });
      return async () => (await colorOf(subject)) === "theirs";
    },
  });
});
