import { z } from "zod";

const authSchema = z
  .discriminatedUnion("type", [
    z.strictObject({
      type: z.literal("key").meta({ description: "With a private key" }),
      private_key_path: z.string().min(1).meta({ description: "Path of the private key, ~ allowed" }),
    }),
    z.strictObject({
      type: z.literal("password").meta({ description: "With a password" }),
      password: z.string().min(1).meta({ description: "The password, best as a ${VARIABLE}" }),
    }),
  ])
  .meta({ description: "How to log in" });

const hostSchema = z.strictObject({
  host: z.string().min(1).meta({ description: "Name or address" }),
  port: z.int().min(1).max(65_535).default(22).meta({ description: "Where SSH listens" }),
  username: z.string().min(1).meta({ description: "Who to log in as" }),
  auth: authSchema.default({ type: "key", private_key_path: "~/.ssh/id_ed25519" }),
});

const discoverySchema = z.strictObject({
  enabled: z.boolean().default(true).meta({ description: "Whether to look for services, ports and mounts" }),
  exclude_services: z.array(z.string().min(1)).default([]).meta({ description: "Services never to touch" }),
});

/** The server agent's `target_config`. */
export const hostConfigSchema = z.strictObject({
  hosts: z.array(hostSchema).min(1).meta({ description: "The machines, all of them targets" }),
  discovery: discoverySchema
    .default({ enabled: true, exclude_services: [] })
    .meta({ description: "What is looked for on the machines before anything is chosen" }),
});

const size = /^\d+(?:\.\d+)?\s*[KMGT]?i?B?$/i;

/** An amount of bytes as people write it: 512M, 5GB. */
export const sizeSchema = z.string().regex(size, "write a size like 512M or 5GB");

export const workersSchema = (usual: number) => z.int().min(1).max(4_096).default(usual);
