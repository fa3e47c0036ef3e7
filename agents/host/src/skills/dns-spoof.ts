import { z } from "zod";
import { defineHostSkill } from "../host-skill.ts";
import { hostsLine, knownNames, resolved } from "../hosts-file.ts";
import { addressSchema, hostnameSchema } from "../network-params.ts";

export const dnsSpoof = defineHostSkill({
  name: "server.dns_spoof",
  summary: "Let names lead to the wrong address",
  effect:
    "Programs that resolve through the C library or systemd-resolved get our address for the names, once what they remember has run out. dig, containers, and programs with a resolver of their own are not fooled.",
  reversal: "exact",
  reversalNote: "Our lines are taken out of /etc/hosts, which is otherwise left as it is.",
  params: z.strictObject({
    records: z
      .record(hostnameSchema, addressSchema)
      .refine((records) => Object.keys(records).length > 0, "name at least one")
      .meta({ description: "Names, each with the address it is to lead to" }),
  }),
  example: { records: { "db.internal": "10.0.0.9" } },

  async resolve(_host, { records }) {
    return Object.entries(records).map(([name, address]) => ({
      key: name,
      label: `let ${name} lead to ${address}, by /etc/hosts`,
      undoLabel: `take our line for ${name} out of /etc/hosts`,
      data: { name, address },
    }));
  },

  async preflight(host, things, _params, signal) {
    const known = await knownNames(
      host,
      things.map(({ name }) => name),
      signal,
    );
    return known.map((name) => ({
      level: "warning",
      code: "note",
      message: `${host.key}: ${name} is in /etc/hosts already: programs may get both addresses, ours first`,
    }));
  },

  *changes(_host, { name, address }, { mark }) {
    yield hostsLine(address, name, mark);
  },

  async witness(host, { name, address }, { signal }) {
    const seen = await resolved(host, name, signal);
    const words = seen.length > 0 ? `resolves to ${seen.join(", ")}` : "does not resolve";
    return { landed: seen[0] === address.toLowerCase(), detail: `${name} ${words}` };
  },
});
