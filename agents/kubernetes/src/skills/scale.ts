import { counted } from "@chaos-agents/core";
import { z } from "zod";
import { defineEditSkill } from "../edit-skill.ts";
import { noWorkloads, selectWorkloads, workloadParams } from "../workload-selection.ts";

const params = z.strictObject({
  ...workloadParams(["deployment", "statefulset"]),
  replicas: z.int().min(0).max(10_000).default(0).meta({ description: "How many pods it is to have" }),
});

export const scale = defineEditSkill<z.output<typeof params>>({
  name: "k8s.scale",
  summary: "Give a workload another number of pods, none by default",
  effect: "Fewer pods serve the same requests, or none; more of them take room from others.",
  reversalNote: "The number is set back, and we wait until as many pods are ready. The pods themselves are new ones.",
  reversal: "compensated",
  seen: "effect",
  params,
  example: { names: ["web"], replicas: 1 },
  kinds: ["Deployment", "StatefulSet"],
  rules: [{ kind: "Pod", verbs: ["list"] }],
  unsupported: (config, given) => noWorkloads(config, given),

  async resolve(cluster, given, context) {
    const chosen = await selectWorkloads(cluster, given, context);
    return chosen.map(({ kind, namespace, object: { metadata, spec } }) => ({
      key: `${namespace}/${metadata.name}`,
      label: `scale ${kind.toLowerCase()} ${namespace}/${metadata.name} from ${spec.replicas} to ${counted(given.replicas, "pod")}`,
      cost: { pods: Math.abs(spec.replicas - given.replicas) },
      data: {
        kind,
        namespace,
        name: metadata.name,
        uid: metadata.uid,
        changes: [{ path: ["spec", "replicas"], value: given.replicas }],
      },
    }));
  },

  async witness(cluster, { kind, namespace, name, uid, changes }, { signal, clock }) {
    const wanted = changes[0]!.value as number;
    const now = await cluster.readiness.until(
      clock.now(),
      { kind, namespace, name, uid },
      signal,
      ({ uids }) => uids.size === wanted,
    );
    const found = now === "gone" ? 0 : now.uids.size;
    return { landed: now !== "gone", detail: `${name} has ${counted(found, "pod")}` };
  },

  settle: async (cluster, ref, { signal, clock }) => await cluster.readiness.backToFull(clock.now(), ref, signal),
});
