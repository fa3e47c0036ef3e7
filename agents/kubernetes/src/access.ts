import type { Finding } from "@chaos-agents/core";
import type { Cluster } from "./cluster.ts";
import type { KubernetesConfig } from "./config.ts";
import { type Kind, resourceOf } from "./kinds.ts";

/** What a skill asks of the API. */
export interface Rule {
  kind: Kind;
  subresource?: string;
  verbs: readonly string[];
  /** Asked for in all of the cluster, not in one namespace. */
  cluster?: true;
  /** With which params and target it is needed; with all when left out. The role that is printed has it always. */
  when?: (params: any, config: KubernetesConfig) => boolean;
}

/** Which of these rights we lack there, each with the rule that gives it. */
export async function missingRights(
  cluster: Cluster,
  skill: string,
  rules: readonly Rule[],
  namespace: string,
  signal: AbortSignal,
): Promise<Finding[]> {
  const asked = rules.flatMap((rule) => rule.verbs.map((verb) => ({ ...rule, verb })));
  const findings = asked.map(async ({ kind, subresource, verb, cluster: whole }): Promise<Finding[]> => {
    const { group, resource } = resourceOf(kind);
    const resourceAttributes = {
      group,
      resource,
      verb,
      ...(subresource && { subresource }),
      ...(whole ? {} : { namespace }),
    };
    const review = (await cluster.api.request("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", {
      body: { apiVersion: "authorization.k8s.io/v1", kind: "SelfSubjectAccessReview", spec: { resourceAttributes } },
      signal,
    })) as { status: { allowed: boolean } };
    if (review.status.allowed) return [];
    const what = `${verb} ${resource}${subresource ? `/${subresource}` : ""}`;
    const where = whole ? "in the cluster" : `in namespace ${namespace}`;
    return [
      {
        level: "error",
        code: "permission-missing",
        message: `${cluster.api.context} may not ${what} ${where}`,
        remedy: `chaos show ${skill} --rbac prints the role that allows it`,
      },
    ];
  });
  return (await Promise.all(findings)).flat();
}

/** As a role has it: `names` are the only objects that it is for. */
type Granted = Rule & { names?: readonly string[] };

/** By which a cluster is known again; runs without it go on, but recovery cannot tell one cluster from another. */
const knownAgain: Granted = { kind: "Namespace", verbs: ["get"], names: ["kube-system"], cluster: true };

/** Roles that allow exactly these rules, as YAML for kubectl: one for the namespace, one for the cluster. */
export function rbacOf(skill: string, rules: readonly Rule[]): string {
  const within = rules.filter((rule) => !rule.cluster);
  const wide = [...rules.filter((rule) => rule.cluster), knownAgain];
  return [...(within.length > 0 ? [roleText("Role", skill, within)] : []), roleText("ClusterRole", skill, wide)].join(
    "---\n",
  );
}

export function roleText(kind: "Role" | "ClusterRole", skill: string, rules: readonly Granted[]): string {
  const name = `chaos-${skill.replaceAll(/[._]/g, "-")}`;
  const where = kind === "Role" ? "  namespace: NAMESPACE\n" : "";
  return `apiVersion: rbac.authorization.k8s.io/v1\nkind: ${kind}\nmetadata:\n  name: ${name}\n${where}rules:\n${ruleTexts(rules)}`;
}

/** Each resource once, and together those of a group that are used alike. */
function ruleTexts(rules: readonly Granted[]): string {
  const resources = Map.groupBy(rules, ({ kind, subresource, names }) => `${kind} ${subresource} ${names?.join()}`);
  const merged = [...resources.values()].map((same) => {
    const { kind, subresource, names } = same[0]!;
    const { group, resource } = resourceOf(kind);
    const verbs = order.filter((verb) => same.some((rule) => rule.verbs.includes(verb)));
    return { group, resource: subresource ? `${resource}/${subresource}` : resource, names, verbs };
  });
  const alike = Map.groupBy(merged, ({ group, names, verbs }) => `${group} ${names?.join()} ${verbs.join()}`);
  return [...alike.values()]
    .map((some) => {
      const { group, names, verbs } = some[0]!;
      const only = names ? `    resourceNames: [${names.join(", ")}]\n` : "";
      const list = some.map(({ resource }) => resource).join(", ");
      return `  - apiGroups: ["${group}"]\n    resources: [${list}]\n${only}    verbs: [${verbs.join(", ")}]\n`;
    })
    .join("");
}

const order = ["get", "list", "create", "patch", "update", "delete"];
