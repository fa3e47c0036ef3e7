import { isIP } from "node:net";
import { type Finding, ChaosError } from "@chaos-agents/core";
import { z } from "zod";
import { type DnsAnswer, answering, hasPlugin, serverBlocks, withPlugins } from "../corefile.ts";
import { namespaceParam } from "../config.ts";
import { defineEditSkill } from "../edit-skill.ts";
import { type ObjectRef, refText } from "../kinds.ts";
import { namespaceOf, refusedBy } from "../selection.ts";

const name = z
  .string()
  .regex(/^(?:\*|(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.?)$/, {
    error: 'write a name like db.example.com, or "*" for every name',
  });

const params = z.strictObject({
  namespace: namespaceParam.namespace
    .unwrap()
    .default("kube-system")
    .meta({ description: "Where CoreDNS has its configuration; target_config has no say in it" }),
  config_map: z.string().min(1).default("coredns").meta({ description: "The ConfigMap with the configuration" }),
  key: z.string().min(1).default("Corefile").meta({ description: "Its key with the server blocks" }),
  names: z.array(name).min(1).meta({
    description:
      'Which names, in full, with all below them: db.example.com, web.staging.svc.cluster.local; "*" is every name',
  }),
  answer: z
    .union([z.enum(["nxdomain", "servfail", "refused", "none"]), z.string().refine((text) => isIP(text) !== 0)], {
      error: "write nxdomain, servfail, refused, none, or an address",
    })
    .default("nxdomain")
    .meta({
      description:
        "What is answered: no such name, server failure, refusal, nothing at all so that clients time out, or this address",
    }),
});

const saying: Record<string, string> = {
  nxdomain: "that there is no such name",
  servfail: "with a server failure",
  refused: "with a refusal",
  none: "not at all",
};

export const dnsChaos = defineEditSkill<z.output<typeof params>>({
  name: "k8s.dns_chaos",
  summary: "Let the cluster's DNS answer some names wrongly, or not at all",
  effect:
    "Whoever asks for these names fails or is sent elsewhere, in all of the cluster, some seconds to two minutes later: the kubelet has to bring the file, and CoreDNS to reload it.",
  reversalNote:
    "The configuration is as it was. CoreDNS takes as long to notice as it did before; answers that clients keep stay until their time is over, here at most some seconds.",
  seen: "accepted",
  params,
  example: { names: ["db.example.com"], answer: "servfail" },
  kinds: ["ConfigMap"],
  unsupported(_config, { names }) {
    if (names.includes("*") && names.length > 1) return '"*" is every name: give it alone';
    return undefined;
  },

  async resolve(cluster, given, { signal }) {
    const namespace = namespaceOf(cluster, given);
    const ref: ObjectRef = { kind: "ConfigMap", namespace, name: given.config_map };
    const object = await cluster.api.find(ref, signal);
    const corefile = object?.data?.[given.key];
    const refusal = object && refusedBy(cluster, object);
    if (!object || corefile === undefined || refusal || serverBlocks(corefile).length === 0) {
      const why = refusal
        ? `${refText(ref)} may not be chosen: ${refusal}`
        : !object
          ? `there is no ${refText(ref)}`
          : corefile === undefined
            ? `there is no key ${given.key} in ${refText(ref)}`
            : `no server block can be found in ${given.key} of ${refText(ref)}`;
      throw new ChaosError("nothing-matched", why, {
        remedy:
          "Say where CoreDNS has its configuration: namespace, config_map, key. Other DNS servers cannot be broken like this",
      });
    }
    const answer = (given.answer in saying ? given.answer : { address: given.answer }) as DnsAnswer;
    const what = given.names[0] === "*" ? "every name" : given.names.join(", ");
    return [
      {
        key: `${namespace}/${given.config_map} ${given.key}`,
        label: `answer questions for ${what} ${saying[given.answer] ?? `with ${given.answer}`}, by ${given.key} in ${refText(ref)}`,
        cost: { services: 1 },
        data: {
          ...ref,
          uid: object.metadata.uid,
          changes: [{ path: ["data", given.key], value: withPlugins(corefile, answering(given.names, answer)) }],
        },
      },
    ];
  },

  async preflight(cluster, [thing], given, { signal }): Promise<Finding[]> {
    const object = await cluster.api.find(thing!.data, signal);
    const blocks = serverBlocks(object?.data?.[given.key] ?? "");
    const warned: Finding[] = [
      ...(given.names[0] === "*"
        ? [warning("side-effects", "nothing in the cluster finds anything by name any more")]
        : []),
      ...(given.answer === "none"
        ? [
            warning(
              "side-effects",
              "CoreDNS before 1.10.1 does not know how to answer nothing, and would not start again",
            ),
          ]
        : []),
    ];
    // one reload is for all blocks
    if (blocks.some((block) => hasPlugin(block, "reload"))) return warned;
    return [
      ...warned,
      {
        ...warning(
          "no-effect",
          `CoreDNS has no reload plugin in ${refText(thing!.data)}: it notices neither the change nor its undo before its pods start anew`,
        ),
        remedy: `Restart it once the fault stands, and again after: kubectl --namespace ${given.namespace} rollout restart deployment/coredns`,
      },
    ];
  },
});

const warning = (code: Finding["code"], message: string): Finding => ({ level: "warning", code, message });
