import type { Engine } from "../servers/database-admin.ts";

export const sections = ["rows", "schema", "sequences", "grants", "settings", "sessions", "locks"] as const;
export type Section = (typeof sections)[number];

/**
 * All that can be seen of a database, each fact by its name in words: `table public.orders` → its rows' count and hash.
 * To be compared with another one of the same database only: some hashes hold numbers that are a database's own.
 * Plain JSON. Taken by the administrator, without any of the product's code.
 */
export interface Photograph {
  engine: Engine;
  database: string;
  facts: Record<Section, Record<string, string>>;
}

export interface PhotographOptions {
  /**
   * `database`: the database, the server's settings, and the roles, sessions and locks that have to do with the
   * database; for servers that others use too. `server`: also all other roles, sessions and locks. Rows are always those
   * of the one database.
   */
  scope?: "database" | "server";
  signal?: AbortSignal;
}

/** Longer than any photograph has to wait for a lock, unless a fault still holds it. */
export const lockPatienceSeconds = 3;

export function noFacts(): Photograph["facts"] {
  return { rows: {}, schema: {}, sequences: {}, grants: {}, settings: {}, sessions: {}, locks: {} };
}

export function rowsFact(count: number, sha256: string): string {
  return `${count} rows, sha256 ${sha256}`;
}
