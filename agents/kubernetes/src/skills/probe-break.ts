import { z } from "zod";
import { defineEditSkill } from "../edit-skill.ts";
import { wantedOf } from "../readiness.ts";
import { rolloutFindings } from "../rollout.ts";
import {
  type TemplateEditing,
  atOnceParam,
  containerOf,
  containerPath,
  runsUnready,
  templateEditing,
  templateParams,
  templateSkill,
  untilPods,
} from "../templates.ts";
import { noWorkloads, selectWorkloads } from "../workload-selection.ts";

const params = z.strictObject({ ...templateParams, ...atOnceParam(true) });

/** Nothing answers there. */
const failing = { tcpSocket: { port: 1 }, periodSeconds: 1, timeoutSeconds: 1, failureThreshold: 1 };

export const probeBreak = defineEditSkill<z.output<typeof params>, TemplateEditing>({
  ...templateSkill,
  name: "k8s.probe_break",
  summary: "Give the pods of a workload a readiness probe that fails, so that services send them nothing",
  effect: "The pods run, and get no traffic; with at_once: false the workload keeps those that it keeps in a release.",
  reversalNote:
    "The probe is set back, and we wait until all pods run with it and are ready. The pods are new ones; the workload counts two more revisions.",
  params,
  example: { names: ["web"] },
  unsupported: noWorkloads,

  async resolve(cluster, given, context) {
    const chosen = await selectWorkloads(cluster, given, context);
    return chosen.map((one) => {
      const { kind, namespace, object } = one;
      const container = containerOf(object, given.container);
      const name = `${kind.toLowerCase()} ${namespace}/${object.metadata.name}`;
      const verb = container.readinessProbe ? "replace the readiness probe of" : "give a readiness probe to";
      const how = given.at_once ? "all pods at once" : "one pod after the other";
      const change = { path: [...containerPath(container.name), "readinessProbe"], value: failing };
      return {
        key: `${namespace}/${object.metadata.name}`,
        label: `${verb} container ${container.name} of ${name}: one that fails, ${how}`,
        undoLabel: `${container.readinessProbe ? "set the readiness probe" : "take the readiness probe"} of ${name} ${container.readinessProbe ? "back" : "away"}, and wait for its pods`,
        cost: { pods: wantedOf(kind, object) },
        data: templateEditing(one, [change], given.at_once, context),
      };
    });
  },

  preflight: async (cluster, things, _params, { signal }) => await rolloutFindings(cluster, things, signal),
  witness: async (cluster, editing, context) =>
    await untilPods(cluster, editing, context, runsUnready, "run and are not ready"),
});
