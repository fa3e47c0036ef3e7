import type { Witness } from "@chaos-agents/core";
import { z } from "zod";
import type { KubernetesObject } from "../api.ts";
import { type KubernetesConfig, namespaceParam, noNamespace } from "../config.ts";
import { defineMadeSkill, nameOf } from "../made-skill.ts";
import { podSpec } from "../pod-spec.ts";
import { namespaceOf } from "../selection.ts";

const amounts = z.strictObject({
  cpu: z
    .string()
    .regex(/^\d+(?:\.\d+)?m?$/, "write processors like 2 or 500m")
    .optional()
    .meta({ description: "Processors: 2, 0.5 or 500m" }),
  memory: z
    .string()
    .regex(/^\d+(?:\.\d+)?(?:[kMGT]|[KMGT]i)?$/, "write memory like 512Mi")
    .optional()
    .meta({ description: "Memory, as Kubernetes counts it: 512Mi" }),
});

const params = z.strictObject({
  ...namespaceParam,
  cpu_workers: z.int().min(0).max(1_024).default(2).meta({ description: "How many processors to keep busy" }),
  memory: z
    .string()
    .regex(/^\d+(?:\.\d+)?\s*[KMGT]?i?B?$/i, "write an amount of memory like 512M or 1G")
    .default("256M")
    .meta({ description: "How much memory to hold; 512M is 512 times 1024 times 1024 bytes, 0 is none" }),
  image: z
    .string()
    .min(1)
    .default("ghcr.io/alexei-led/stress-ng:0.20.01")
    .meta({ description: "An image that starts stress-ng" }),
  requests: amounts
    .default({ cpu: "100m", memory: "64Mi" })
    .meta({ description: "What the scheduler keeps free for the pod; little by default, so that others feel it" }),
  limits: amounts
    .optional()
    .meta({ description: "What the pod may use at most; what it is to use and a little more when left out" }),
  node_name: z.string().min(1).optional().meta({ description: "On which node" }),
  node_selector: z
    .record(z.string().min(1), z.string())
    .optional()
    .meta({ description: "Labels the node has to have" }),
});

export const resourceStress = defineMadeSkill<z.output<typeof params>>({
  name: "k8s.resource_stress",
  summary: "Start a pod that uses up processor and memory next to the others",
  effect:
    "Pods on the same node get less processor time; where memory runs short the kubelet evicts, or the kernel kills.",
  reversalNote:
    "The pod is deleted. Pods that were evicted or killed for want of memory were started anew by their owners.",
  seen: "accepted",
  params,
  example: { cpu_workers: 4, memory: "512M" },
  makes: [{ kind: "Pod" }],
  witnessDeadline: 150_000,
  unsupported(config: KubernetesConfig, given) {
    if (given.cpu_workers === 0 && bytesOf(given.memory) === 0) return "neither processors nor memory are to be used";
    return noNamespace(config, given);
  },

  async resolve(cluster, given, { mark }) {
    const namespace = namespaceOf(cluster, given);
    const { cpu_workers: workers, image, node_name: node, node_selector: labels } = given;
    const bytes = bytesOf(given.memory);
    const what = [workers > 0 && `${workers} processors`, bytes > 0 && `${given.memory} of memory`].filter(Boolean);
    const said = Object.entries(labels ?? {}).map(([label, value]) => `${label}=${value}`);
    const where = node ? ` on ${node}` : said.length > 0 ? ` on a node with ${said.join(",")}` : "";
    const resources = { requests: given.requests, limits: given.limits ?? enough(workers, bytes) };
    return [
      {
        key: namespace,
        label: `start a pod in ${namespace}${where} that uses ${what.join(" and ")}, from ${image}`,
        cost: { nodes: 1 },
        data: {
          kind: "Pod",
          namespace,
          name: nameOf(mark),
          body: {
            spec: podSpec(
              [{ name: "stress-ng", image, args: stressing(workers, bytes), resources, volumeMounts: [scratchMount] }],
              {
                restartPolicy: "Always",
                volumes: [{ name: scratchMount.name, emptyDir: {} }],
                ...(labels && { nodeSelector: labels }),
                ...(node && { affinity: { nodeAffinity: onNode(node) } }),
              },
            ),
          },
        },
      },
    ];
  },

  async witness(cluster, made, { signal, clock }) {
    const until = clock.monotonic() + patience;
    for (;;) {
      const pod = await cluster.api.find(made, signal);
      if (pod === undefined) return { landed: false, detail: "there is no such pod" };
      const { landed, detail, final } = stateOf(pod);
      if (landed || final || clock.monotonic() > until) return { landed, detail };
      await clock.sleep(200, signal);
    }
  },
});

/** Enough to pull an image; less than the engine gives us. */
const patience = 120_000;

const scratchMount = { name: "scratch", mountPath: "/tmp" };

/** The image starts stress-ng; these are its arguments, no shell between. */
const stressing = (workers: number, bytes: number): string[] => [
  ...(workers > 0 ? ["--cpu", String(workers)] : []),
  ...(bytes > 0 ? ["--vm", "1", "--vm-bytes", String(bytes), "--vm-keep"] : []),
  "--temp-path",
  scratchMount.mountPath,
  "--timeout",
  "0",
];

/** So that it takes what was asked for, and no more should it go wrong. */
const enough = (workers: number, bytes: number) => ({
  cpu: String(Math.max(1, workers)),
  memory: String(Math.ceil(bytes * 1.1) + 64 * 1_024 ** 2),
});

/** As the scheduler takes it, which then sees that there is room. */
const onNode = (name: string) => ({
  requiredDuringSchedulingIgnoredDuringExecution: {
    nodeSelectorTerms: [{ matchFields: [{ key: "metadata.name", operator: "In", values: [name] }] }],
  },
});

/** Powers of 1024, as stress-ng counts. */
function bytesOf(text: string): number {
  const [, amount, unit] = /^([\d.]+)\s*([KMGT]?)/i.exec(text)!;
  return Math.round(Number(amount) * 1_024 ** " KMGT".indexOf(unit!.toUpperCase() || " "));
}

/** What the kubelet and the scheduler say of it; `final`: waiting would not help. */
function stateOf({ spec, status = {} }: KubernetesObject): Witness & { final: boolean } {
  const [container] = status.containerStatuses ?? [];
  const { waiting, terminated } = container?.state ?? {};
  const scheduled = status.conditions?.find(({ type }: any) => type === "PodScheduled");
  if (scheduled?.reason === "Unschedulable") {
    return { landed: false, final: true, detail: `no node takes the pod: ${scheduled.message}` };
  }
  if (terminated) return { landed: false, final: true, detail: `stress-ng ended: ${said(terminated)}` };
  if (waiting) {
    const final = /BackOff|InvalidImageName|ConfigError/.test(waiting.reason ?? "");
    return { landed: false, final, detail: `the pod waits on ${spec.nodeName}: ${said(waiting)}` };
  }
  if (status.phase === "Running") return { landed: true, final: true, detail: `stress-ng runs on ${spec.nodeName}` };
  return {
    landed: false,
    final: status.phase === "Failed",
    detail: `the pod is ${status.phase ?? "not seen by any kubelet"}`,
  };
}

const said = ({ reason, message, exitCode }: { reason?: string; message?: string; exitCode?: number }): string =>
  [reason, message, exitCode !== undefined && `exit code ${exitCode}`].filter(Boolean).join(", ");
