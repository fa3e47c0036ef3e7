import {
  type Finding,
  type InjectContext,
  type ResolveContext,
  type SkillContext,
  type Thing,
  type UndoResult,
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
import { leaseRules } from "./lease-job.ts";
import { changedLabel } from "./marks.ts";
import { overlap, pathText } from "./paths.ts";
import { undoJobRole } from "./undo-job.ts";
import {
  type Feeling,
  type Kept,
  alsoForget,
  alsoKeep,
  forget,
  keep,
  keeperKind,
  keptSchema,
  withSecrets,
  withoutSecrets,
} from "./way-back.ts";
import { type Way, waysBack } from "./ways-back.ts";

/** One object, and what is to stand in it. Plain JSON. */
export interface Editing extends ObjectRef {
  uid: string;
  changes: Change[];
  /** Other workloads that feel it; `settle` is told. */
  felt?: Feeling[];
}

type Resolved<Data> = Omit<Thing<Data>, "undoLabel"> & { undoLabel?: string };

/** What was changed, when it is back. */
export type Changed = ObjectRef & { uid: string; felt: readonly Feeling[] };

interface EditSkill<Params, Data extends Editing> {
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
  /** Which of them these params mean; any when left out. */
  kindOf?: (params: Params) => Kind;
  /** Not in a namespace. */
  clusterWide?: true;
  /** What else it asks of the API. */
  rules?: readonly Rule[];
  /** How many objects at once. */
  concurrency?: number;
  undoDeadline?: number;
  witnessDeadline?: number;
  unsupported: (config: KubernetesConfig, params: Params) => string | undefined;
  resolve: (cluster: Cluster, params: Params, context: ResolveContext) => Promise<Resolved<Data>[]>;
  preflight?: (
    cluster: Cluster,
    things: readonly Thing<Data>[],
    params: Params,
    context: SkillContext,
  ) => Promise<Finding[]>;
  /** Once the change stands: what else it takes. */
  complete?: (cluster: Cluster, editing: Data, context: InjectContext) => Promise<void>;
  /** Asked where the edit stands as we made it. */
  witness?: (cluster: Cluster, editing: Data, context: SkillContext) => Promise<Witness>;
  /** After the values are back: waits until users have what they had, and says how it went. */
  settle?: (cluster: Cluster, changed: Changed, context: SkillContext) => Promise<string>;
}

/**
 * A skill that breaks by changing values in objects that are there. What others changed since stays theirs. No lease can
 * own such a change: it stays until it is undone, recovered or swept.
 */
export function defineEditSkill<Params extends { namespace?: string | undefined }, Data extends Editing = Editing>(
  skill: EditSkill<Params, Data>,
) {
  const { kinds, kindOf, clusterWide, rules = [], resolve, preflight, complete, witness, settle, ...words } = skill;
  const verbs = ["get", "list", "patch"];
  const meant = (kind: Kind) => (params: Params) => (kindOf?.(params) ?? kind) === kind;
  const within = kinds.flatMap((kind): Rule[] => [
    { kind, verbs, when: meant(kind) },
    { kind: keeperKind(kind), verbs: ["get", "list", "create", "delete"], when: meant(kind) },
  ]);
  return defineClusterSkill<Params, Data, Kept>({
    reversal: "exact",
    undoDeadline: 180_000,
    ...words,
    reversalNote: `${words.reversalNote} Where nothing is heard of us, it stays until chaos recover${clusterWide ? "" : ", or until undo_job puts it back"}.`,
    undoRecord: keptSchema,
    rules: clusterWide
      ? [...kinds.map((kind) => ({ kind, verbs, cluster: true as const })), ...rules]
      : [...within, ...leaseRules.map((rule) => ({ ...rule, when: hasUndoJob })), ...rules],
    ...(!clusterWide && { otherRole: undoJobRole(skill.name, kinds, [...new Set(kinds.map(keeperKind))]) }),

    async resolve(cluster, params, context) {
      const things = await resolve(cluster, params, context);
      return things.map((thing) => ({ undoLabel: `put back ${refText(thing.data)} as it was`, ...thing }));
    },

    async preflight(cluster, things, params, context) {
      const edited = [...new Set(things.map(({ data }) => data.kind))];
      const ways = things.length > 0 ? await waysBack(cluster, edited, things[0]!.data.namespace, context.signal) : [];
      const taken = things.flatMap(({ data }): Finding[] => {
        const other = otherOn(data, ways, context.run);
        return other
          ? [{ level: "error", code: "self-harm", message: takenText(data, other), remedy: takenRemedy }]
          : [];
      });
      return [...taken, ...((await preflight?.(cluster, things, params, context)) ?? [])];
    },

    async *inject(cluster, { data }, context) {
      const { run, fault, signal, hold } = context;
      const { kind, namespace, name, uid, changes, felt } = data;
      const ref = { kind, namespace, name };
      const other = otherOn(data, await waysBack(cluster, [kind], namespace, signal), run);
      if (other) throw new ChaosError("fault-not-landed", takenText(ref, other), { remedy: takenRemedy });
      const label = changedLabel(run, fault);
      const { edit, back } = await editOf(cluster.api, { ...ref, uid }, { changes, label, signal });
      const kept = { ...ref, edit, ...(felt && { felt }) };
      yield { record: withoutSecrets(kept) };
      const lease = !clusterWide && cluster.config.undo_job ? cluster.lease(run, namespace) : undefined;
      if (lease) hold(lease.hold());
      await lease?.owner(signal);
      await keep(cluster, kept, { run, fault, back }, signal);
      await makeEdit(cluster.api, ref, edit, { also: alsoKeep(ref, edit, run, fault), signal });
      await complete?.(cluster, data, context);
    },

    async witness(cluster, { data }, records, context) {
      const [record] = records;
      const { run, fault, signal } = context;
      const kept = record && (await withSecrets(cluster, record, run, fault, signal));
      const object = await cluster.api.find(data, signal);
      if (object === undefined || kept === undefined || !isMade(object, kept.edit))
        return { landed: false, detail: `${refText(data)} is not as we changed it` };
      if (witness) return await witness(cluster, data, context);
      return { landed: true, detail: `the API server has taken the change of ${refText(data)}` };
    },

    async undo(cluster, record, context) {
      const { run, fault, signal } = context;
      const kept = await withSecrets(cluster, record, run, fault, signal);
      if (kept === undefined) return await withoutWay(cluster, record, signal);
      const { edit, felt = [], ...ref } = kept;
      const result = await undoEdit(cluster.api, ref, edit, { also: alsoForget(ref, run, fault), signal });
      await forget(cluster, ref, run, fault, signal);
      if (!clusterWide && cluster.config.undo_job) await cluster.lease(run, ref.namespace)?.release(signal);
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

const hasUndoJob = (_: unknown, { undo_job }: KubernetesConfig) => undo_job !== undefined;

/** What was never kept was never changed. */
async function withoutWay(cluster: Cluster, { edit, ...ref }: Kept, signal: AbortSignal): Promise<UndoResult> {
  const object = await cluster.api.find(ref, signal);
  if (object?.metadata.uid !== edit.uid || object.metadata.labels?.[edit.label] === undefined)
    return { outcome: "already", detail: "" };
  throw new ChaosError(
    "rollback-incomplete",
    `somebody deleted the secret in which the old value of ${refText(ref)} was kept`,
    {
      remedy: `Set ${edit.values.map(({ path }) => pathText(path)).join(", ")} yourself, then remove the label ${edit.label}`,
    },
  );
}

const takenText = (ref: ObjectRef, other: string) => `${refText(ref)} is broken in the same place by run ${other}`;
const takenRemedy = "Wait until that run has ended; chaos runs shows it, chaos doctor what it left";

/** Two runs do not change the same value: neither would find again what it made. */
function otherOn({ kind, name, changes }: Editing, ways: readonly Way[], run: string): string | undefined {
  const overlaps = ({ kept }: Way) =>
    kept.edit.values.some((theirs) => changes.some(({ path }) => overlap(theirs.path, path)));
  return ways.find((way) => way.run !== run && way.kept.kind === kind && way.kept.name === name && overlaps(way))?.run;
}
