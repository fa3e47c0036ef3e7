import { type Agent, type Catalog, type Skill, defineProbe } from "@chaos-agents/core";
import { z } from "zod";

const nobody = () => {
  throw new Error("this catalog is only for reading files");
};

function skill(name: `${string}.${string}`, params: z.ZodType, more: Partial<Skill> = {}): Skill {
  return {
    name,
    summary: `does ${name}`,
    effect: "",
    reversal: "exact",
    reversalNote: "",
    seen: "effect",
    params,
    undoRecord: z.unknown(),
    example: {},
    resolve: nobody,
    inject: nobody,
    witness: nobody,
    undo: nobody,
    verify: nobody,
    ...more,
  };
}

const tables = z.array(z.string().min(1)).default([]);

const database: Agent = {
  target: "database",
  aliases: ["db"],
  summary: "databases",
  config: z.strictObject({
    connection_url: z.string().refine((url) => /^(postgres|mysql):\/\//.test(url), {
      error: (issue) => `"${String(issue.input)}" is not a database URL`,
    }),
    db_type: z.enum(["postgres", "mysql"]).optional(),
    schemas: z.array(z.string()).default([]),
  }),
  example: { connection_url: "postgres://chaos@localhost/shop" },
  skills: [
    skill("db.insert_load", z.strictObject({ rows_per_table: z.int().min(1).default(1_000), tables }), {
      example: { rows_per_table: 10, tables: ["orders"] },
    }),
    // an author who forgot to be strict
    skill("db.update_load", z.object({ rows: z.int().min(1).default(100), tables })),
    skill(
      "db.config_change",
      z.strictObject({
        changes: z
          .array(z.strictObject({ param: z.string().min(1), value: z.union([z.string(), z.number(), z.boolean()]) }))
          .min(1),
      }),
      { example: { changes: [{ param: "work_mem", value: "4MB" }] } },
    ),
    skill("db.table_lock", z.strictObject({ tables, mode: z.enum(["read", "write"]).default("write") }), {
      unsupported: (config) =>
        (config as { db_type?: string }).db_type === "mysql" ? "MySQL cannot do this" : undefined,
    }),
  ],
  probes: [
    defineProbe({
      kind: "sql",
      summary: "asks a database",
      params: z.strictObject({ query: z.string().min(1), connection_url: z.string().optional() }),
      example: { query: "select 1" },
      unsupported: (config, { connection_url }) =>
        config === undefined && connection_url === undefined ? "a sql probe needs a database" : undefined,
      open: nobody,
    }),
  ],
  connect: nobody,
};

const server: Agent = {
  target: "server",
  aliases: ["srv"],
  summary: "servers",
  config: z.strictObject({
    hosts: z
      .array(
        z.strictObject({
          host: z.string().min(1),
          port: z.int().min(1).max(65_535).default(22),
          auth: z
            .discriminatedUnion("type", [
              z.strictObject({ type: z.literal("key"), private_key_path: z.string() }),
              z.strictObject({
                type: z.literal("password"),
                password: z
                  .string()
                  .refine((text) => text.length > 7, { error: ({ input }) => `"${String(input)}" is too short` }),
              }),
            ])
            .optional(),
        }),
      )
      .min(1),
  }),
  example: { hosts: [{ host: "10.0.0.1" }] },
  skills: [
    skill(
      "server.service_stop",
      z.strictObject({ max_services: z.int().min(1).default(1), services: z.array(z.string()).default([]) }),
      { example: { max_services: 2 } },
    ),
  ],
  probes: [],
  connect: nobody,
};

/** A catalog to read files with: it cannot run anything. */
export const fixtureCatalog: Catalog = {
  agents: [database, server],
  probes: [
    defineProbe({
      kind: "http",
      summary: "asks a URL",
      params: z.strictObject({
        url: z.url({ protocol: /^https?$/ }),
        status: z.int().default(200),
        headers: z.record(z.string(), z.string()).default({}),
      }),
      example: { url: "http://localhost/health" },
      open: nobody,
    }),
    defineProbe({
      kind: "tcp",
      summary: "opens a port",
      params: z.strictObject({ host: z.string(), port: z.int().min(1).max(65_535) }),
      example: { host: "localhost", port: 80 },
      open: nobody,
    }),
  ],
};
