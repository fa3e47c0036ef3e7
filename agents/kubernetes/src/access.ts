import type { Finding } from "@chaos-agents/core";
import type { Cluster } from "./cluster.ts";
import { type Kind, resourceOf } from "./kinds.ts";

/** What a skill asks of the API. */
export interface Rule {
  kind: Kind;
  subresource?: string;
  verbs: readonly string[];
  /** Asked for in all of the cluster, not in one namespace. */
  cluster?: true;
}

/** Which of these rights we lack there, each with the rule that gives it. */
export async function missingRights(
  cluster: Cluster,
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
        remedy: "chaos show SKILL --rbac prints the role that allows it",
      },
    ];
  });
  return (await Promise.all(findings)).flat();
}

/** Roles that allow exactly these rules, as YAML for kubectl: one for the namespace, one for the cluster where need be. */
export function rbacOf(skill: string, rules: readonly Rule[]): string {
  const name = `chaos-${skill.replaceAll(/[._]/g, "-")}`;
  const role = (kind: string, metadata: string, some: readonly Rule[]) =>
    some.length === 0
      ? []
      : [
          `apiVersion: rbac.authorization.k8s.io/v1\nkind: ${kind}\nmetadata:\n${metadata}rules:\n${some.map(ruleText).join("")}`,
        ];
  return [
    ...role(
      "Role",
      `  name: ${name}\n  namespace: NAMESPACE\n`,
      rules.filter((rule) => !rule.cluster),
    ),
    ...role(
      "ClusterRole",
      `  name: ${name}\n`,
      rules.filter((rule) => rule.cluster),
    ),
  ].join("---\n");
}

function ruleText({ kind, subresource, verbs }: Rule): string {
  const { group, resource } = resourceOf(kind);
  const name = subresource ? `${resource}/${subresource}` : resource;
  return `  - apiGroups: ["${group}"]\n    resources: [${name}]\n    verbs: [${verbs.join(", ")}]\n`;
}
