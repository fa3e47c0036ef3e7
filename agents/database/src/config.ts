import { z } from "zod";
import { ConnectionUrlError, type Endpoint, engineOfUrl, parseConnectionUrl } from "./endpoint.ts";

const engineOfType = { postgres: "postgres", postgresql: "postgres", mysql: "mysql", mariadb: "mysql" } as const;

export const connectionUrlSchema = z
  .string()
  .superRefine((url, ctx) => {
    try {
      parseConnectionUrl(url);
    } catch (error) {
      if (!(error instanceof ConnectionUrlError)) throw error;
      ctx.addIssue({ code: "custom", message: `the connection URL cannot be used: ${error.message}` });
    }
  })
  .meta({ description: "Where the database is: postgres://user:password@host:5432/name or mysql://…" });

/** The database agent's `target_config`. */
export const databaseConfigSchema = z
  .strictObject({
    connection_url: connectionUrlSchema,
    db_type: z
      .enum(["postgres", "postgresql", "mysql", "mariadb"])
      .optional()
      .meta({ description: "The kind of database; taken from the URL when left out" }),
    schemas: z
      .array(z.string().min(1))
      .min(1)
      .optional()
      .meta({ description: "Only look into these schemas (MySQL: databases); all but the system's when left out" }),
  })
  .superRefine(({ connection_url, db_type }, ctx) => {
    const engine = engineOfUrl(connection_url);
    if (!db_type || !engine || engineOfType[db_type] === engine) return;
    ctx.addIssue({
      code: "custom",
      path: ["db_type"],
      message: `db_type says ${db_type}, but the connection URL is one of ${engine === "postgres" ? "PostgreSQL" : "MySQL"}`,
    });
  });
export type DatabaseConfig = z.infer<typeof databaseConfigSchema>;

/** For `unsupported()`: the endpoint a target's config names, or undefined when the config is not one of ours. */
export function endpointOf(targetConfig: unknown): Endpoint | undefined {
  const parsed = databaseConfigSchema.safeParse(targetConfig);
  return parsed.success ? parseConnectionUrl(parsed.data.connection_url) : undefined;
}
