import { ChaosError, counted } from "@chaos-agents/core";
import { z } from "zod";
import type { KubernetesObject } from "../api.ts";
import type { Cluster } from "../cluster.ts";
import { type KubernetesConfig, labelSelector, namespaceParam, noNamespace } from "../config.ts";
import { defineEditSkill } from "../edit-skill.ts";
import type { ObjectRef } from "../kinds.ts";
import { labelConditions, matchesLabels } from "../label-selector.ts";
import { domain } from "../marks.ts";
import { readySince } from "../readiness.ts";
import { countParams, namespaceOf, pick, refusedBy } from "../selection.ts";

const params = z.strictObject({
  ...namespaceParam,
  names: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .meta({ description: "Which services by name; any that are selected when left out" }),
  label_selector: labelSelector.optional().meta({ description: "Only services that look for pods with these labels" }),
  ...countParams,
});
type Params = z.output<typeof params>;

/** No pod has it; what else the selector asks for stays as it is, and may be changed by others meanwhile. */
const impossible = `${domain}/no-pod`;

export const serviceBreak = defineEditSkill<Params>({
  name: "k8s.service_break",
  summary: "Make services find none of their pods",
  effect: "Connections to the service are refused or time out; the pods behind it run on, and can be reached directly.",
  reversalNote:
    "The selector asks again for what it asked for, and we wait until the ready pods are behind the service. Connections that failed meanwhile stay lost.",
  seen: "effect",
  params,
  example: { names: ["web"] },
  kinds: ["Service"],
  rules: [
    { kind: "EndpointSlice", verbs: ["list"] },
    { kind: "Pod", verbs: ["list"] },
  ],
  unsupported(config: KubernetesConfig, given) {
    if (given.names ?? given.label_selector ?? config.label_selector) return noNamespace(config, given);
    return "no services are selected, neither in its params (names or label_selector) nor in target_config (label_selector)";
  },

  async resolve(cluster, given, context) {
    const namespace = namespaceOf(cluster, given);
    const selector = given.label_selector ?? (given.names ? "*" : cluster.config.label_selector!);
    const conditions = selector === "*" ? [] : labelConditions(selector);
    const found: KubernetesObject[] = [];
    const reasons = new Set<string>();
    for await (const service of cluster.api.list("Service", namespace, {}, context.signal)) {
      const { name } = service.metadata;
      if (given.names ? !given.names.includes(name) : !context.matchesFilters(name)) continue;
      const asksFor = selectorOf(service);
      if (asksFor !== undefined && !matchesLabels(conditions, asksFor)) continue;
      const why = asksFor === undefined ? `${name} looks for no pods` : refusedBy(cluster, service);
      if (why) reasons.add(why);
      else found.push(service);
    }
    const unknown = given.names?.filter((name) => !found.some(({ metadata }) => metadata.name === name)) ?? [];
    if (unknown.length > 0 || found.length === 0) {
      const what = given.names ? `service ${unknown.join(", ")}` : `service that looks for pods with ${selector}`;
      const why = reasons.size > 0 ? ` that may be chosen: ${[...reasons].join("; ")}` : "";
      throw new ChaosError("nothing-matched", `there is no ${what} in namespace ${namespace}${why}`, {
        remedy: `kubectl --namespace ${namespace} get services -o wide lists them with what they look for`,
      });
    }
    const chosen = given.names ? found : pick(found, given, context.random);
    return chosen.map((service) => {
      const { name, uid } = service.metadata;
      const asksFor = Object.entries(selectorOf(service)!).map(([label, value]) => `${label}=${value}`);
      return {
        key: `${namespace}/${name}`,
        label: `make service ${namespace}/${name} find none of its pods with ${asksFor.join(",")}`,
        cost: { services: 1 },
        data: {
          kind: "Service" as const,
          namespace,
          name,
          uid,
          changes: [{ path: ["spec", "selector", impossible], value: context.run }],
        },
      };
    });
  },

  async preflight(cluster, things, _params, { signal }) {
    const behind = await Promise.all(
      things.map(async ({ data }) => (await podsBehind(cluster, data, signal)).all.size),
    );
    return things.flatMap(({ data }, at) =>
      behind[at] === 0
        ? [
            {
              level: "warning" as const,
              code: "no-effect" as const,
              message: `no pod is behind service ${data.namespace}/${data.name} as it is`,
            },
          ]
        : [],
    );
  },

  async witness(cluster, data, { signal, clock }) {
    const until = clock.monotonic() + patience;
    for (;;) {
      const { all } = await podsBehind(cluster, data, signal);
      if (all.size === 0) return { landed: true, detail: `no pod is behind ${data.name}` };
      if (clock.monotonic() > until)
        return { landed: false, detail: `${counted(all.size, "pod")} still behind ${data.name}` };
      await clock.sleep(100, signal);
    }
  },

  async settle(cluster, changed, { signal, clock }) {
    for (;;) {
      const service = await cluster.api.find(changed, signal);
      const asksFor = service && selectorOf(service);
      if (asksFor === undefined) return "it looks for no pods any more";
      const labels = Object.entries(asksFor).map(([label, value]) => `${label}=${value}`);
      const wanted = new Set<string>();
      for await (const pod of cluster.api.list("Pod", changed.namespace, { labelSelector: labels.join(",") }, signal)) {
        if (readySince(pod) !== undefined && !pod.metadata.deletionTimestamp) wanted.add(pod.metadata.uid);
      }
      const { ready } = await podsBehind(cluster, changed, signal);
      if (wanted.isSubsetOf(ready)) return `${counted(wanted.size, "ready pod")} behind ${changed.name}`;
      await clock.sleep(200, signal);
    }
  },
});

/** Less than the engine's own. */
const patience = 20_000;

/** Undefined for a service whose endpoints are somebody else's business. */
function selectorOf({ spec }: KubernetesObject): Record<string, string> | undefined {
  const asksFor = spec.type === "ExternalName" ? {} : (spec.selector ?? {});
  return Object.keys(asksFor).length > 0 ? asksFor : undefined;
}

/** By their uids, as the cluster tells it to those who forward traffic. */
async function podsBehind(cluster: Cluster, { namespace, name }: ObjectRef, signal: AbortSignal) {
  const [all, ready] = [new Set<string>(), new Set<string>()];
  const labels = { labelSelector: `kubernetes.io/service-name=${name}` };
  for await (const slice of cluster.api.list("EndpointSlice", namespace, labels, signal)) {
    for (const { targetRef, conditions } of (slice as { endpoints?: any[] }).endpoints ?? []) {
      all.add(targetRef?.uid);
      if (conditions?.ready !== false) ready.add(targetRef?.uid);
    }
  }
  return { all, ready };
}
