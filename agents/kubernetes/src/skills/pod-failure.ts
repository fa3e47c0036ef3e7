import { z } from "zod";
import { defineEditSkill } from "../edit-skill.ts";
import { wantedOf } from "../readiness.ts";
import { rolloutFindings } from "../rollout.ts";
import {
  type TemplateEditing,
  atOnceParam,
  cannotStart,
  containerOf,
  containerPath,
  templateEditing,
  templateParams,
  templateSkill,
  untilPods,
} from "../templates.ts";
import { noWorkloads, selectWorkloads } from "../workload-selection.ts";

/** No registry has this name, and none ever will. */
const noImage = "chaos-agents.invalid/starts-nowhere:1";

const params = z.strictObject({
  ...templateParams,
  image: z.string().min(1).optional().meta({
    description: "The image instead of the container's own; one that cannot be pulled when left out",
  }),
  command: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .meta({ description: "Instead of another image: the command instead of the container's own" }),
  ...atOnceParam(true),
});

export const podFailure = defineEditSkill<z.output<typeof params>, TemplateEditing>({
  ...templateSkill,
  name: "k8s.pod_failure",
  summary: "Give the pods of a workload an image or a command with which they cannot start",
  effect:
    "The workload has no pods that work; with at_once: false it keeps those that its strategy keeps in a release.",
  reversalNote:
    "The image or command is set back, and we wait until all pods run with it and are ready. The pods are new ones; the workload counts two more revisions.",
  params,
  example: { names: ["web"] },
  unsupported: (config, given) =>
    given.image && given.command ? "give either image or command, not both" : noWorkloads(config, given),

  async resolve(cluster, given, context) {
    const chosen = await selectWorkloads(cluster, given, context);
    return chosen.map((one) => {
      const { kind, namespace, object } = one;
      const container = containerOf(object, given.container).name as string;
      const what = given.command ? "command" : "image";
      const value = given.command ?? given.image ?? noImage;
      const shown = typeof value === "string" ? value : value.join(" ");
      const how = given.at_once ? "all at once" : "one after the other";
      const name = `${kind.toLowerCase()} ${namespace}/${object.metadata.name}`;
      return {
        key: `${namespace}/${object.metadata.name}`,
        label: `replace the ${what} of container ${container} of ${name} by ${shown}, ${how}`,
        undoLabel: `set the ${what} of ${name} back, and wait for its pods`,
        cost: { pods: wantedOf(kind, object) },
        data: templateEditing(one, [{ path: [...containerPath(container), what], value }], given.at_once, context),
      };
    });
  },

  preflight: async (cluster, things, _params, { signal }) => await rolloutFindings(cluster, things, signal),
  witness: async (cluster, editing, context) => await untilPods(cluster, editing, context, cannotStart, "cannot start"),
});
