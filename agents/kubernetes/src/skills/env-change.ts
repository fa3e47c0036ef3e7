import { type Finding, ChaosError } from "@chaos-agents/core";
import { z } from "zod";
import type { KubernetesObject } from "../api.ts";
import { defineEditSkill } from "../edit-skill.ts";
import { wantedOf } from "../readiness.ts";
import { rolloutFindings } from "../rollout.ts";
import {
  type TemplateEditing,
  atOnceParam,
  containerOf,
  containerPath,
  templateEditing,
  templateParams,
  templateSkill,
  untilPods,
} from "../templates.ts";
import { noWorkloads, selectWorkloads } from "../workload-selection.ts";

const params = z.strictObject({
  ...templateParams,
  name: z
    .string()
    .regex(/^[^=\s]+$/, "a variable's name has no = and no blanks")
    .meta({ description: "Which environment variable" }),
  value: z.string().optional().meta({ description: "What it is to be, whether it was there or not" }),
  remove: z.boolean().default(false).meta({ description: "Instead of a value: take the variable away" }),
  ...atOnceParam(false),
});

interface EnvEditing extends TemplateEditing {
  same: boolean;
}

export const envChange = defineEditSkill<z.output<typeof params>, EnvEditing>({
  ...templateSkill,
  name: "k8s.env_change",
  summary: "Start the pods of a workload anew with an environment variable that is another, or missing",
  effect:
    "The pods are replaced; what they make of the variable is theirs. A release stops where a new one is not ready.",
  reversalNote:
    "The variable is as it was, in its place, and we wait until all pods run with it and are ready. The pods are new ones; the workload counts two more revisions.",
  params,
  example: { names: ["web"], name: "CACHE_URL", value: "redis://127.0.0.1:1" },
  unsupported: (config, given) =>
    (given.value !== undefined) === given.remove ? "give either value or remove: true" : noWorkloads(config, given),

  async resolve(cluster, given, context) {
    const chosen = await selectWorkloads(cluster, given, context);
    return chosen.map((one) => {
      const { kind, namespace, object } = one;
      const container = containerOf(object, given.container);
      const name = `container ${container.name} of ${kind.toLowerCase()} ${namespace}/${object.metadata.name}`;
      const before = variableOf(container, given.name);
      if (given.remove && before === undefined) throw noVariable(object, container, given.name);
      const value = given.remove ? undefined : { name: given.name, value: given.value! };
      const change = { path: [...containerPath(container.name), "env", { name: given.name }], ...(value && { value }) };
      const what = given.remove ? "remove" : before === undefined ? "add" : "change";
      return {
        key: `${namespace}/${object.metadata.name}`,
        label: `${what} the variable ${given.name} in ${name}, ${given.at_once ? "all pods at once" : "one pod after the other"}`,
        undoLabel: `${before === undefined ? "remove" : "set back"} the variable ${given.name} in ${name}, and wait for its pods`,
        cost: { pods: wantedOf(kind, object) },
        data: {
          ...templateEditing(one, [change], given.at_once, context),
          same: before !== undefined && !given.remove && !before.valueFrom && (before.value ?? "") === given.value,
        },
      };
    });
  },

  async preflight(cluster, things, { name }, { signal }) {
    const idle = things
      .filter(({ data }) => data.same)
      .map(({ key }): Finding => ({
        level: "error",
        code: "no-effect",
        message: `${key} has that value of ${name} already`,
      }));
    return [...idle, ...(await rolloutFindings(cluster, things, signal))];
  },
  witness: async (cluster, editing, context) =>
    await untilPods(cluster, editing, context, () => true, "are made with the changed environment"),
});

const variableOf = ({ env = [] }: any, name: string): { value?: string; valueFrom?: unknown } | undefined =>
  env.find((one: any) => one.name === name);

function noVariable({ metadata }: KubernetesObject, container: any, name: string): ChaosError {
  const names = (container.env ?? []).map((one: any) => one.name).join(", ") || "none";
  return new ChaosError("nothing-matched", `container ${container.name} of ${metadata.name} sets no variable ${name}`, {
    remedy: `It sets: ${names}`,
  });
}
