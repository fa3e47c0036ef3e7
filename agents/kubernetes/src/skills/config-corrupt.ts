import { type Finding, type Random, ChaosError, counted } from "@chaos-agents/core";
import { z } from "zod";
import type { KubernetesObject } from "../api.ts";
import { configUse } from "../config-use.ts";
import { type KubernetesConfig, namespaceParam, noNamespace } from "../config.ts";
import { defineEditSkill } from "../edit-skill.ts";
import { type ObjectRef, refText } from "../kinds.ts";
import { namespaceOf, refusedBy } from "../selection.ts";

const kinds = { configmap: "ConfigMap", secret: "Secret" } as const;

const params = z.strictObject({
  ...namespaceParam,
  kind: z.enum(["configmap", "secret"]).default("configmap").meta({ description: "What holds the key" }),
  name: z.string().min(1).meta({ description: "Its name" }),
  key: z.string().min(1).meta({ description: "Which of its keys" }),
  value: z.string().optional().meta({ description: "What is to stand there instead" }),
  mode: z.enum(["empty", "truncate", "scramble", "remove"]).optional().meta({
    description: "Or: nothing, its first half, its characters in another order, or no such key at all",
  }),
});
type Params = z.output<typeof params>;

const doing = {
  empty: "empty",
  truncate: "cut in half",
  scramble: "mix up the characters of",
  remove: "remove",
  value: "set another value for",
};

export const configCorrupt = defineEditSkill<Params>({
  name: "k8s.config_corrupt",
  summary: "Spoil one key of a ConfigMap or Secret",
  effect:
    "What reads it from a mounted file gets the spoiled value within a minute or two; what reads it at its start, when it next starts.",
  reversalNote:
    "The key is as it was. What has read the spoiled value keeps it until it reads again, which for environment variables means a restart.",
  seen: "accepted",
  params,
  example: { name: "web", key: "database.yaml", mode: "truncate" },
  kinds: ["ConfigMap", "Secret"],
  kindOf: ({ kind }) => kinds[kind],
  rules: [{ kind: "Pod", verbs: ["list"] }],
  unsupported(config: KubernetesConfig, given) {
    if ((given.value === undefined) === (given.mode === undefined)) return "give either value or mode";
    return noNamespace(config, given);
  },

  async resolve(cluster, given, { random, signal }) {
    const namespace = namespaceOf(cluster, given);
    const { name, key } = given;
    const ref: ObjectRef = { kind: kinds[given.kind], namespace, name };
    const object = await cluster.api.find(ref, signal);
    const refusal = object && refusedBy(cluster, object);
    const place = object && placeOf(object, key);
    if (!place || refusal) {
      const keys = object ? Object.keys({ ...object.data, ...binaryOf(object) }) : [];
      const has = keys.length > 0 ? `It has: ${keys.join(", ")}` : "It has none";
      throw new ChaosError(
        "nothing-matched",
        refusal
          ? `${refText(ref)} may not be chosen: ${refusal}`
          : `there is no ${object ? `key ${key} in ` : ""}${refText(ref)}`,
        !refusal && object ? { remedy: has } : {},
      );
    }
    const value = spoiled(place, given, random);
    if (value === place.value) {
      throw new ChaosError("nothing-matched", `key ${key} of ${refText(ref)} would stay as it is`, {
        remedy: "Choose another mode, or another value",
      });
    }
    return [
      {
        key: `${given.kind} ${namespace}/${name} ${key}`,
        label: `${doing[given.mode ?? "value"]} key ${key} of ${refText(ref)}`,
        cost: { settings: 1 },
        data: {
          ...ref,
          uid: object.metadata.uid,
          changes: [{ path: place.path, ...(value !== undefined && { value }) }],
        },
      },
    ];
  },

  async preflight(cluster, [thing], { key }, { signal }): Promise<Finding[]> {
    const { data } = thing!;
    const object = await cluster.api.find(data, signal);
    const what = refText(data);
    if ((object as { immutable?: boolean } | undefined)?.immutable) {
      return [{ level: "error", code: "unsupported", message: `${what} is immutable: nobody can change it` }];
    }
    const before = object && placeOf(object, key)?.value;
    if ((before?.length ?? 0) > mostKept) {
      const message = `key ${key} of ${what} is too large: its old value could not be kept beside it`;
      return [{ level: "error", code: "unsupported", message }];
    }
    const { live, atStart } = await configUse(cluster, data, key, signal);
    const start = `${readers(atStart)} it at the start`;
    if (live > 0) {
      const also = atStart > 0 ? `; ${start}, and will not notice before` : "";
      return [{ level: "info", code: "note", message: `${readers(live)} ${what} from files${also}` }];
    }
    return [
      {
        level: "warning",
        code: "no-effect",
        message: atStart > 0 ? `${start}: nothing is felt before a restart` : `no pod uses ${what}`,
      },
    ];
  },
});

const readers = (pods: number) => `${counted(pods, "pod")} ${pods === 1 ? "reads" : "read"}`;

/** Twice as much has to fit into an object of one mebibyte, some of it in base64 twice. */
const mostKept = 250_000;

interface Place {
  path: string[];
  value: string;
  /** Whether the API has it in base64. */
  encoded: boolean;
}

const binaryOf = (object: KubernetesObject) => (object as { binaryData?: Record<string, string> }).binaryData ?? {};

function placeOf(object: KubernetesObject & { kind?: string }, key: string): Place | undefined {
  const binary = binaryOf(object)[key];
  if (binary !== undefined) return { path: ["binaryData", key], value: binary, encoded: true };
  const value = object.data?.[key];
  return value === undefined ? undefined : { path: ["data", key], value, encoded: object.kind === "Secret" };
}

function spoiled({ value, encoded }: Place, { mode, value: instead = "" }: Params, random: Random): string | undefined {
  if (mode === "remove") return undefined;
  const letters = (text: string) => Array.from(text);
  const parts: readonly (string | number)[] = encoded ? [...Buffer.from(value, "base64")] : letters(value);
  const wanted =
    mode === "truncate"
      ? parts.slice(0, Math.floor(parts.length / 2))
      : mode === "scramble"
        ? random.sample(parts, parts.length)
        : encoded
          ? [...Buffer.from(instead)]
          : letters(instead);
  return encoded ? Buffer.from(wanted as number[]).toString("base64") : wanted.join("");
}
