import {
  type Finding,
  type InjectContext,
  type ResolveContext,
  type SkillContext,
  type Thing,
  type Witness,
  ChaosError,
} from "@chaos-agents/core";
import { z } from "zod";
import type { Rule } from "./access.ts";
import type { Cluster } from "./cluster.ts";
import { defineClusterSkill } from "./cluster-skill.ts";
import type { KubernetesConfig } from "./config.ts";
import { type Change, editOf, isMade, makeEdit, undoEdit } from "./edits.ts";
import { type Kind, type ObjectRef, refText } from "./kinds.ts";
import { changedLabel } from "./marks.ts";
import { overlap } from "./paths.ts";
import { type Feeling, type Kept, alsoForget, alsoKeep, forget, keep, keeperKind, keptSchema } from "./way-back.ts";
import { type Way, waysBack } from "./ways-back.ts";

/** One object, and what is to stand in it. Plain JSON. */
export interface Editing extends ObjectRef {
  uid: string;
  changes: Change[];
  /** Other workloads that feel it; `settle` is told. */
  felt?: Feeling[];
}

/** What was changed, when it is back. */
export type Changed = ObjectRef & { uid: string; felt: readonly Feeling[] };

interface EditSkill<Params> {
  name: `k8s.${string}`;
  summary: string;
  effect: string;
  /** What stays, beyond the values themselves. */
  reversalNote: string;
  reversal?: "exact" | "compensated";
  /** Whether the witness sees more than that the API server has it. */
  seen: "effect" | "accepted";
  params: z.ZodType<Params>;
  example: Record<string, unknown>;
  /** What it edits. */
  kinds: readonly Kind[];
  /** Not in a namespace. */
  clusterWide?: true;
  /** What else it asks of the API. */
  rules?: readonly Rule[];
  /** How many objects at once. */
  concurrency?: number;
  undoDeadline?: number;
  unsupported: (config: KubernetesConfig, params: Params) => string | undefined;
  resolve: (cluster: Cluster, params: Params, context: ResolveContext) => Promise<Omit<Thing<Editing>, "undoLabel">[]>;
  preflight?: (
    cluster: Cluster,
    things: readonly Thing<Editing>[],
    params: Params,
    context: SkillContext,
  ) => Promise<Finding[]>;
  /** Once the change stands: what else it takes. */
  complete?: (cluster: Cluster, editing: Editing, context: InjectContext) => Promise<void>;
  /** Asked where the edit stands as we made it. */
  witness?: (cluster: Cluster, editing: Editing, context: SkillContext) => Promise<Witness>;
  /** After the values are back: waits until users have what they had, and says how it went. */
  settle?: (cluster: Cluster, changed: Changed, context: SkillContext) => Promise<string>;
}

/**
 * A skill that breaks by changing values in objects that are there. What others changed since stays theirs. No lease can
 * own such a change: it stays until it is undone, recovered or swept.
 */
export function defineEditSkill<Params extends { namespace?: string | undefined }>(skill: EditSkill<Params>) {
  const { kinds, clusterWide, rules = [], resolve, preflight, complete, witness, settle, ...words } = skill;
  const verbs = ["get", "list", "patch"];
  const keeper = { kind: keeperKind(kinds), verbs: ["get", "list", "create", "delete"] };
  return defineClusterSkill<Params, Editing, Kept>({
    reversal: "exact",
    undoDeadline: 180_000,
    ...words,
    undoRecord: keptSchema,
    rules: clusterWide
      ? [...kinds.map((kind) => ({ kind, verbs, cluster: true as const })), ...rules]
      : [...kinds.map((kind) => ({ kind, verbs })), keeper, ...rules],

    async resolve(cluster, params, context) {
      const things = await resolve(cluster, params, context);
      return things.map((thing) => ({ ...thing, undoLabel: `put back ${refText(thing.data)} as it was` }));
    },

    async preflight(cluster, things, params, context) {
      const ways = things.length > 0 ? await waysBack(cluster, kinds, things[0]!.data.namespace, context.signal) : [];
      const taken = things.flatMap(({ data }): Finding[] => {
        const other = otherOn(data, ways, context.run);
        return other
          ? [{ level: "error", code: "self-harm", message: takenText(data, other), remedy: takenRemedy }]
          : [];
      });
      return [...taken, ...((await preflight?.(cluster, things, params, context)) ?? [])];
    },

    async *inject(cluster, { data }, context) {
      const { run, fault, signal } = context;
      const { kind, namespace, name, uid, changes, felt } = data;
      const ref = { kind, namespace, name };
      const other = otherOn(data, await waysBack(cluster, [kind], namespace, signal), run);
      if (other) throw new ChaosError("fault-not-landed", takenText(ref, other), { remedy: takenRemedy });
      const edit = await editOf(cluster.api, { ...ref, uid }, { changes, label: changedLabel(run, fault), signal });
      const kept = { ...ref, edit, ...(felt && { felt }) };
      yield { record: kept };
      await keep(cluster, kept, run, fault, signal);
      await makeEdit(cluster.api, ref, edit, { also: alsoKeep(ref, edit, run, fault), signal });
      await complete?.(cluster, data, context);
    },

    async witness(cluster, { data }, records, context) {
      const [record] = records;
      const object = await cluster.api.find(data, context.signal);
      if (object === undefined || record === undefined || !isMade(object, record.edit))
        return { landed: false, detail: `${refText(data)} is not as we changed it` };
      if (witness) return await witness(cluster, data, context);
      return { landed: true, detail: `the API server has taken the change of ${refText(data)}` };
    },

    async undo(cluster, record, context) {
      const { edit, felt = [], ...ref } = record;
      const { run, fault, signal } = context;
      const result = await undoEdit(cluster.api, ref, edit, { also: alsoForget(ref, run, fault), signal });
      await forget(cluster, ref, run, fault, signal);
      if (!settle || result.outcome === "conflict") return result;
      const there = await cluster.api.find(ref, signal);
      if (there?.metadata.uid !== edit.uid) return result;
      const detail = [result.detail, await settle(cluster, { ...ref, uid: edit.uid, felt }, context)]
        .filter(Boolean)
        .join("; ");
      return { ...result, detail };
    },

    async verify(cluster, record, { signal }) {
      const { edit } = record;
      const object = await cluster.api.find(record, signal);
      if (object?.metadata.uid !== edit.uid || object.metadata.labels?.[edit.label] === undefined) return [];
      return [`${refText(record)} still carries our change`];
    },
  });
}

const takenText = (ref: ObjectRef, other: string) => `${refText(ref)} is broken in the same place by run ${other}`;
const takenRemedy = "Wait until that run has ended; chaos runs shows it, chaos doctor what it left";

/** Two runs do not change the same value: neither would find again what it made. */
function otherOn({ kind, name, changes }: Editing, ways: readonly Way[], run: string): string | undefined {
  const overlaps = ({ kept }: Way) =>
    kept.edit.values.some((theirs) => changes.some(({ path }) => overlap(theirs.path, path)));
  return ways.find((way) => way.run !== run && way.kept.kind === kind && way.kept.name === name && overlaps(way))?.run;
}
