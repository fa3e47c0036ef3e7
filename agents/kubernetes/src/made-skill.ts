import {
  type Finding,
  type ResolveContext,
  type SkillContext,
  type Thing,
  type Witness,
  ChaosError,
} from "@chaos-agents/core";
import { z } from "zod";
import type { Rule } from "./access.ts";
import { isStatus } from "./api.ts";
import type { Cluster } from "./cluster.ts";
import { defineClusterSkill } from "./cluster-skill.ts";
import type { KubernetesConfig } from "./config.ts";
import { type Kind, type ObjectRef, refText } from "./kinds.ts";
import { leaseRules } from "./lease-job.ts";
import { markAnnotation, runLabel } from "./marks.ts";

const madeSchema = z.strictObject({ kind: z.string(), namespace: z.string(), name: z.string(), mark: z.string() });
type Made = z.infer<typeof madeSchema>;

/** An object to make: what goes into it besides its name and our marks. */
export interface Making {
  kind: Kind;
  namespace: string;
  name: string;
  /** Besides ours. */
  labels?: Record<string, string>;
  body: Record<string, unknown>;
}

/** Milliseconds in which whoever put a finalizer on something of ours may do what it has to. */
const finalizerPatience = 10_000;

interface MadeSkill<Params> {
  name: `k8s.${string}`;
  summary: string;
  effect: string;
  reversalNote: string;
  seen: "effect" | "accepted";
  params: z.ZodType<Params>;
  example: Record<string, unknown>;
  /** Of which kinds. */
  makes: readonly Pick<Rule, "kind" | "when">[];
  rules?: readonly Rule[];
  concurrency?: number;
  witnessDeadline?: number;
  unsupported: (config: KubernetesConfig, params: Params) => string | undefined;
  resolve: (cluster: Cluster, params: Params, context: ResolveContext) => Promise<Omit<Thing<Making>, "undoLabel">[]>;
  preflight?: (
    cluster: Cluster,
    things: readonly Thing<Making>[],
    params: Params,
    context: SkillContext,
  ) => Promise<Finding[]>;
  /** At the moment of making: looks again, throws where it is not to be made after all, and answers what goes into it. */
  complete?: (cluster: Cluster, making: Making, context: SkillContext) => Promise<Making["body"]>;
  witness: (cluster: Cluster, made: Making, context: SkillContext) => Promise<Witness>;
}

/** A skill that breaks by making one object in a namespace, which goes with our lease when we do. */
export function defineMadeSkill<Params extends { namespace?: string | undefined }>(skill: MadeSkill<Params>) {
  const { makes, rules = [], resolve, complete, witness, ...words } = skill;
  return defineClusterSkill<Params, Making, Made>({
    ...words,
    reversal: "exact",
    reversalNote: `${words.reversalNote} Where nothing is heard of us, the cluster deletes it when the lease ends.`,
    undoRecord: madeSchema,
    rules: [...makes.map((made) => ({ ...made, verbs: ["get", "create", "delete"] })), ...leaseRules, ...rules],
    undoDeadline: 120_000,

    async resolve(cluster, params, context) {
      const things = await resolve(cluster, params, context);
      return things.map((thing) => ({ ...thing, undoLabel: `delete ${refText(thing.data)}` }));
    },

    async *inject(cluster, { data }, context) {
      const { kind, namespace, name } = data;
      const { run, mark, signal, hold } = context;
      const body = (await complete?.(cluster, data, context)) ?? data.body;
      yield { record: { kind, namespace, name, mark } };
      const lease = cluster.lease(run, namespace);
      if (lease) hold(lease.hold());
      const owner = await lease?.owner(signal);
      const metadata = {
        name,
        namespace,
        labels: { ...data.labels, [runLabel]: run },
        annotations: { [markAnnotation]: mark },
        ...(owner && { ownerReferences: [owner] }),
      };
      try {
        await cluster.api.create(kind, { metadata, ...body }, signal);
      } catch (error) {
        if (!isStatus(error, 409)) throw error;
        const there = await cluster.api.find({ kind, namespace, name }, signal);
        if (there?.metadata.annotations?.[markAnnotation] === mark) return;
        throw new ChaosError("fault-not-landed", `there is a ${refText({ kind, namespace, name })} of somebody else's`);
      }
    },

    witness: (cluster, { data }, _records, context) => witness(cluster, data, context),

    async undo(cluster, record, { run, signal, clock }) {
      const ref = record as ObjectRef & Made;
      const since = clock.monotonic();
      let asked = false;
      for (;;) {
        const there = await cluster.api.find(ref, signal);
        if (there === undefined || there.metadata.annotations?.[markAnnotation] !== record.mark) break;
        const held = there.metadata.finalizers ?? [];
        if (held.length > 0 && clock.monotonic() - since > finalizerPatience) {
          return { outcome: "failed", detail: `${refText(ref)} is deleted, but ${held.join(", ")} holds it still` };
        }
        if (!asked) await cluster.api.delete(ref, there.metadata.uid, signal);
        asked = true;
        await clock.sleep(100, signal);
      }
      await cluster.lease(run, record.namespace)?.release(signal);
      return { outcome: asked ? "undone" : "already", detail: "" };
    },

    async verify(cluster, record, { signal }) {
      const there = await cluster.api.find(record as ObjectRef & Made, signal);
      if (there?.metadata.annotations?.[markAnnotation] !== record.mark) return [];
      const held = there.metadata.finalizers ?? [];
      return [
        `${refText(record as ObjectRef & Made)} is there${held.length > 0 ? `, held by ${held.join(", ")}` : ""}`,
      ];
    },
  });
}

/** A name for what a fault makes, short enough for every kind; `part` where it makes several. */
export const nameOf = (mark: string, part = ""): string => `${mark.replaceAll("/", "-")}${part && `-${part}`}`;
