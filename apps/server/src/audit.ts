import type { DatabaseSync } from "node:sqlite";
import type { z } from "zod";
import type { auditShape } from "./api/shapes.ts";
import { openTables } from "./open-tables.ts";

export type Deed = Omit<z.infer<typeof auditShape>, "id">;

const schema = `
  CREATE TABLE IF NOT EXISTS deeds (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, who TEXT NOT NULL, came_from TEXT NOT NULL,
    action TEXT NOT NULL, subject TEXT NOT NULL, detail TEXT NOT NULL
  ) STRICT;
`;

/** Who did what, and when. Entries are added, never changed; each is durable before what it tells of is done. */
export class Audit implements Disposable {
  readonly #db: DatabaseSync;

  constructor(folder: string) {
    this.#db = openTables(folder, "audit.db", schema);
  }

  add({ at, by, from, action, subject, detail }: Deed): void {
    const insert = "INSERT INTO deeds (at, who, came_from, action, subject, detail) VALUES (?, ?, ?, ?, ?, ?)";
    this.#db.prepare(insert).run(at, by, from, action, subject, detail);
  }

  /** Newest first; those with a smaller id than `before`. */
  page(limit: number, before = Number.MAX_SAFE_INTEGER): (Deed & { id: number })[] {
    const select = "SELECT * FROM deeds WHERE id < ? ORDER BY id DESC LIMIT ?";
    return this.#db
      .prepare(select)
      .all(before, limit)
      .map((row) => ({
        id: Number(row["id"]),
        at: Number(row["at"]),
        by: String(row["who"]),
        from: String(row["came_from"]),
        action: String(row["action"]),
        subject: String(row["subject"]),
        detail: String(row["detail"]),
      }));
  }

  [Symbol.dispose](): void {
    this.#db.close();
  }
}
