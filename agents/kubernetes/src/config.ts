import { durationSchema } from "@chaos-agents/core";
import { z } from "zod";

const namespace = z
  .string()
  .regex(
    /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/,
    "a namespace is made of small letters, digits and dashes, at most 63",
  )
  .meta({ description: "The namespace; taken from target_config when a skill does not give one" });

/** The choice of pods by their labels. */
export const labelSelector = z
  .string()
  .regex(/\S/, 'an empty label selector would mean every pod; write "*" if that is meant')
  .meta({ description: 'Which pods, such as app=web,tier!=cache; "*" for all of the namespace' });

/** The Kubernetes agent's `target_config`. */
export const kubernetesConfigSchema = z
  .strictObject({
    namespace: namespace.optional(),
    label_selector: labelSelector.optional(),
    kubeconfig: z
      .string()
      .min(1)
      .optional()
      .meta({ description: "Path of a kubeconfig, ~ allowed; the usual places, or the pod we run in, when left out" }),
    context: z
      .string()
      .min(1)
      .optional()
      .meta({ description: "Which context of the kubeconfig; its current one when left out" }),
    system_namespaces: z
      .boolean()
      .default(false)
      .meta({ description: "Whether kube-system and its like may be broken" }),
    opt_in: z
      .boolean()
      .default(false)
      .meta({ description: 'Only what carries the annotation chaos-agents.io/allow: "true" may be broken' }),
    lease: z
      .union([z.literal("off"), durationSchema.refine((ms) => ms >= 15_000, "at least 15s")])
      .prefault("60s")
      .meta({
        description: "How long what we make in a cluster stays when nothing is heard of us; off: until it is undone",
      }),
    undo_job: z
      .strictObject({
        image: z.string().min(1).meta({ description: "An image with kubectl and a shell" }),
        service_account: z
          .string()
          .min(1)
          .meta({ description: "Who may put back; chaos show SKILL --rbac prints the role" }),
      })
      .optional()
      .meta({ description: "Has a Job in the cluster put back what we change in a namespace, when our lease is over" }),
  })
  .refine(({ lease, undo_job }) => lease !== "off" || undo_job === undefined, {
    message: "undo_job waits for the end of the lease: lease: off has none",
    path: ["undo_job"],
  });
export type KubernetesConfig = z.infer<typeof kubernetesConfigSchema>;

/** The params of every skill that works inside one namespace. */
export const namespaceParam = { namespace: namespace.optional() };

/** The params of every skill that picks pods: by a selector as text, or by labels and their values. */
export const podParams = {
  ...namespaceParam,
  label_selector: labelSelector.optional(),
  pod_selector: z
    .record(z.string().min(1), z.string())
    .refine(
      (labels) => Object.keys(labels).length > 0,
      'no label would mean every pod; write label_selector: "*" if that is meant',
    )
    .optional()
    .meta({ description: "Labels and their values that pods have to have" }),
};

interface Scope {
  namespace?: string | undefined;
  label_selector?: string | undefined;
  pod_selector?: Record<string, string> | undefined;
}

/** A skill's own namespace wins over its target's; without either there is no saying where. */
export function noNamespace(config: Scope, params: Scope): string | undefined {
  if (params.namespace ?? config.namespace) return undefined;
  return "no namespace is given, neither in its params nor in target_config";
}

/** The same for pods, and at most one way to pick them. */
export function noPods(config: Scope, params: Scope): string | undefined {
  if (params.label_selector && params.pod_selector) return "give either label_selector or pod_selector, not both";
  if (params.label_selector ?? params.pod_selector ?? config.label_selector) return noNamespace(config, params);
  return "no pods are selected, neither in its params (label_selector or pod_selector) nor in target_config (label_selector)";
}
