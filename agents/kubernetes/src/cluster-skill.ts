import { type Skill, defineSkill } from "@chaos-agents/core";
import { type Rule, missingRights, rbacOf } from "./access.ts";
import type { Cluster } from "./cluster.ts";
import type { KubernetesConfig } from "./config.ts";

type Parts<Params, Data, Undo> = Omit<Skill<Cluster, Params, Data, Undo>, "unsupported" | "undoDeadline"> & {
  /** What it asks of the API, besides discovery. */
  rules: readonly Rule[];
  /** Another role, for somebody else, as YAML. */
  otherRole?: string;
  undoDeadline?: number;
  unsupported?: (config: KubernetesConfig, params: Params) => string | undefined;
};

/** A skill that knows which rights it needs: preflight asks for each, `chaos show --rbac` prints the role. */
export function defineClusterSkill<Params extends { namespace?: string | undefined }, Data, Undo>({
  rules,
  otherRole,
  ...skill
}: Parts<Params, Data, Undo>) {
  return defineSkill<Cluster, Params, Data, Undo>({
    ...(skill as Skill<Cluster, Params, Data, Undo>),
    role: [rbacOf(skill.name, rules), ...(otherRole === undefined ? [] : [otherRole])].join("---\n"),
    async preflight(cluster, things, params, context) {
      const namespace = params.namespace ?? cluster.config.namespace ?? "";
      const needed = rules.filter(({ when }) => when?.(params, cluster.config) ?? true);
      const missing = await missingRights(cluster, skill.name, needed, namespace, context.signal);
      if (missing.length > 0) return missing;
      return (await skill.preflight?.(cluster, things, params, context)) ?? [];
    },
  });
}
