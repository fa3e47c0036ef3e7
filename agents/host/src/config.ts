import { durationSchema } from "@chaos-agents/core";
import { z } from "zod";

const secret = (description: string) =>
  z
    .string()
    .min(1)
    .meta({ description: `${description}, best as a \${VARIABLE}` });

const authSchema = z
  .discriminatedUnion("type", [
    z.strictObject({
      type: z.literal("key").meta({ description: "By a private key" }),
      private_key_path: z.string().min(1).meta({ description: "Path of the private key, ~ allowed" }),
      passphrase: secret("What the key is locked with").optional(),
    }),
    z.strictObject({
      type: z.literal("password").meta({ description: "By a password" }),
      password: secret("The password"),
    }),
    z.strictObject({ type: z.literal("agent").meta({ description: "By the SSH agent of SSH_AUTH_SOCK" }) }),
  ])
  .meta({ description: "How to log in" });

const loginSchema = z.strictObject({
  host: z.string().min(1).meta({ description: "Name or address" }),
  port: z.int().min(1).max(65_535).default(22).meta({ description: "Where SSH listens" }),
  username: z.string().min(1).meta({ description: "Who to log in as" }),
  auth: authSchema.default({ type: "key", private_key_path: "~/.ssh/id_ed25519" }),
});

const hostSchema = loginSchema.extend({
  sudo_password: secret("What sudo asks for; nothing when left out").optional(),
  jump: z.array(loginSchema).default([]).meta({ description: "Machines to go through, the first one nearest to us" }),
});
export type HostLogin = z.output<typeof hostSchema>;

const discoverySchema = z.strictObject({
  enabled: z.boolean().default(true).meta({ description: "Whether to look for services, ports and mounts" }),
  exclude_services: z.array(z.string().min(1)).default([]).meta({ description: "Services never to touch" }),
});

/** The server agent's `target_config`. */
export const hostConfigSchema = z.strictObject({
  hosts: z.array(hostSchema).min(1).meta({ description: "The machines" }),
  mode: z
    .enum(["all", "one", "fixed", "fixed_percent", "random_max_percent"])
    .default("all")
    .meta({ description: "Which of the machines each skill breaks; all but `all` choose at random" }),
  value: z
    .int()
    .min(1)
    .optional()
    .meta({ description: "How many machines for mode fixed, or which share of them for the two with percent" }),
  known_hosts: z
    .string()
    .min(1)
    .default("~/.ssh/known_hosts")
    .meta({ description: "The file with the machines' keys, ~ allowed" }),
  host_key_checking: z
    .enum(["strict", "accept-new"])
    .default("strict")
    .meta({ description: "accept-new: the key of a machine never seen before is taken and kept" }),
  lease: z
    .union([z.literal("off"), durationSchema])
    .prefault("15s")
    .meta({
      description: "How long a machine waits for a sign of life from us before it puts itself right; off: for ever",
    }),
  discovery: discoverySchema
    .default({ enabled: true, exclude_services: [] })
    .meta({ description: "What is looked for on the machines before anything is chosen" }),
});
export type HostConfig = z.output<typeof hostConfigSchema>;
