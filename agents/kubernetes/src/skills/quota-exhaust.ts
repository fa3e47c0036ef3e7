import { type SkillContext, counted, describeError } from "@chaos-agents/core";
import { z } from "zod";
import type { Cluster } from "../cluster.ts";
import { type KubernetesConfig, namespaceParam, noNamespace } from "../config.ts";
import { type Making, defineMadeSkill, nameOf } from "../made-skill.ts";
import { tryPod } from "../pod-spec.ts";
import { namespaceOf } from "../selection.ts";

const params = z.strictObject({
  ...namespaceParam,
  replacements: z
    .boolean()
    .default(true)
    .meta({ description: "Whether a pod that ends may be replaced; without it the limit is no pod at all" }),
});

export const quotaExhaust = defineMadeSkill<z.output<typeof params>>({
  name: "k8s.quota_exhaust",
  summary: "Let a namespace start no more pods than it has now",
  effect:
    "What runs goes on; scaling up, rolling out, jobs and cron jobs cannot start their pods, as when a quota is used up.",
  reversalNote:
    "The quota is deleted. Controllers that were refused try again by themselves, some of them only after minutes.",
  seen: "effect",
  params,
  example: { namespace: "staging" },
  makes: [{ kind: "ResourceQuota" }],
  rules: [{ kind: "Pod", verbs: ["list", "create"] }],
  unsupported: (config: KubernetesConfig, given) => noNamespace(config, given),

  async resolve(cluster, given, { mark, signal }) {
    const namespace = namespaceOf(cluster, given);
    const now = await podsOf(cluster, namespace, signal);
    const limit = given.replacements ? `no more than the ${counted(now, "pod")} it has` : "no pod any more";
    return [
      {
        key: namespace,
        label: `let namespace ${namespace} start ${limit}`,
        cost: {},
        data: { kind: "ResourceQuota", namespace, name: nameOf(mark), body: bodyFor(given.replacements ? now : 0) },
      },
    ];
  },

  /** As many as there are by now, not as there were when it was planned. */
  async complete(cluster, { namespace, body }, { signal }) {
    return isNone(body) ? body : bodyFor(await podsOf(cluster, namespace, signal));
  },

  async witness(cluster, made, context) {
    const until = context.clock.monotonic() + patience;
    for (;;) {
      const answer = await refusal(cluster, made, context);
      const there = await cluster.api.find(made, context.signal);
      if (there === undefined) return { landed: false, detail: "there is no such quota" };
      const { used, hard } = there.status ?? {};
      const counts = used
        ? `the cluster counts ${used.pods} of ${hard.pods} pods`
        : "the cluster has counted nothing yet";
      if (used && answer?.includes(`exceeded quota: ${made.name}`)) {
        return { landed: true, detail: `a new pod, tried without making it, is refused: ${counts}` };
      }
      if (context.clock.monotonic() > until) {
        return {
          landed: false,
          detail: `${counts}; a new pod ${answer ? `is refused only by this: ${answer}` : "is taken"}`,
        };
      }
      await context.clock.sleep(100, context.signal);
    }
  },
});

/** Less than the engine's own. */
const patience = 20_000;

const bodyFor = (pods: number): Record<string, unknown> => ({ spec: { hard: { pods: String(pods) } } });
const isNone = ({ spec }: Making["body"]) => (spec as { hard: { pods: string } }).hard.pods === "0";

/** As quotas count them: those that have ended need none. */
async function podsOf(cluster: Cluster, namespace: string, signal: AbortSignal): Promise<number> {
  let found = 0;
  const fieldSelector = "status.phase!=Succeeded,status.phase!=Failed";
  for await (const _ of cluster.api.list("Pod", namespace, { fieldSelector }, signal)) found++;
  return found;
}

/** Why one more pod would not be let in; undefined where it would. */
async function refusal(cluster: Cluster, { namespace, name }: Making, { signal }: SkillContext) {
  return await tryPod(cluster, namespace, name, signal).then(
    () => undefined,
    (error: unknown) => {
      signal.throwIfAborted();
      return describeError(error);
    },
  );
}
