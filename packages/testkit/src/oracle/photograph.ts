import type { Engine } from "../servers/database-admin.ts";
import type { Photograph, PhotographOptions } from "./facts.ts";
import { photographMysql } from "./mysql-photograph.ts";
import { photographPostgres } from "./postgres-photograph.ts";

/** Throws when somebody still holds a lock that keeps a table from being read. */
export function photograph(adminUrl: string, engine: Engine, options: PhotographOptions = {}): Promise<Photograph> {
  return engine === "postgres" ? photographPostgres(adminUrl, options) : photographMysql(adminUrl, options);
}
