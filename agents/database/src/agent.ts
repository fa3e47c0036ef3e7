import type { Agent } from "@chaos-agents/core";
import { type DatabaseConfig, databaseConfigSchema } from "./config.ts";
import { sqlProbe } from "./probes/sql.ts";
import { skills } from "./skills/index.ts";

export const databaseAgent: Agent = {
  target: "database",
  aliases: ["db"],
  summary: "PostgreSQL 13 to 18, MySQL 8 and MariaDB 10.6 or newer",
  config: databaseConfigSchema,
  example: { connection_url: "postgres://chaos:${DB_PASSWORD}@db.staging:5432/shop", schemas: ["public"] },
  skills,
  probes: [sqlProbe],
  async connect(config: DatabaseConfig, context) {
    const { Database } = await import("./database.ts");
    return Database.open(config, context);
  },
};
