import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { type DatabaseAdmin, type Statement, administer, readStatements } from "@chaos-agents/testkit";
import type { TestDatabase } from "@chaos-agents/testkit/vitest";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { Playground } from "./chaos.ts";

const customers = 500;

/** A small shop in a database of its own: what the experiments here break, and how to see from outside that it is whole. */
export class Shop implements Pick<TestDatabase, "name" | "url" | "admin"> {
  readonly name = `chaos_cli_${randomBytes(6).toString("hex")}`;
  readonly url: string;
  readonly admin: DatabaseAdmin;
  readonly #server: DatabaseAdmin;

  constructor(serverUrl: string) {
    this.#server = administer("postgres", serverUrl);
    this.url = this.#server.urlOf(this.name);
    this.admin = administer("postgres", this.url);
  }

  async open(): Promise<void> {
    await this.#server.createDatabase(this.name);
    await this.admin.run([
      "CREATE TABLE orders (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, note text)",
      "INSERT INTO orders (note) SELECT 'order ' || g FROM generate_series(1, 300) g",
      "CREATE TABLE customers (id serial PRIMARY KEY, name text NOT NULL)",
      `INSERT INTO customers (name) SELECT 'customer ' || g FROM generate_series(1, ${customers}) g`,
    ]);
  }

  async close(): Promise<void> {
    await this.#server.dropDatabase(this.name);
  }

  /** A folder with `shop.yaml` in it, and where the shop is in its environment. */
  async playground(file: string): Promise<Playground> {
    const playground = await Playground.open({ DATABASE_URL: this.url });
    await writeFile(playground.path("shop.yaml"), file);
    return playground;
  }

  /** Nothing of ours is there any more. */
  async expectWhole(): Promise<void> {
    const [count] = await this.admin.query("SELECT count(*)::int AS n FROM customers");
    expect(count!["n"]).toBe(customers);
    // A server ends a session a moment after its client is gone.
    await expect.poll(() => this.sessions(), { timeout: 10_000 }).toEqual([]);
    await this.admin.run(["BEGIN", "LOCK TABLE orders IN ACCESS EXCLUSIVE MODE NOWAIT", "COMMIT"]);
  }

  async sessions(): Promise<unknown[]> {
    const sql = "SELECT pid FROM pg_stat_activity WHERE datname = $1 AND application_name LIKE 'chaos/%'";
    return await this.admin.query(sql, [this.name]);
  }

  /** Whether the lock is there: every reader of orders would wait. */
  async ordersAreLocked(): Promise<boolean> {
    const held = await this.admin.query(
      "SELECT 1 FROM pg_locks WHERE relation = 'orders'::regclass AND mode = 'AccessExclusiveLock' AND granted",
    );
    return held.length > 0;
  }
}

/** Declares tests that need a shop; says why they are skipped where there can be none. */
export function withShop(body: (shop: Shop, statements: () => Promise<Statement[]>) => void): void {
  const service = inject("databases").find(({ engine }) => engine === "postgres")!;
  if ("missing" in service) return test.skip(`${service.label}: ${service.missing}`);
  const shop = new Shop(service.url);
  describe(service.label, () => {
    beforeAll(() => shop.open());
    afterAll(() => shop.close());
    body(shop, async () => {
      if (service.statementLog === null) throw new Error("the log of a server that is not ours cannot be read");
      const all = await readStatements("postgres", service.statementLog);
      return all.filter(({ database }) => database === shop.name);
    });
  });
}

interface Wanted {
  duration: string;
  /** What is broken: the lock alone, or rows inserted too. */
  skills?: readonly ("lock" | "insert")[];
  /** Further keys of the experiment, indented by four. */
  more?: string;
}

const uses = {
  lock: "{ skill_name: db.table_lock, params: { tables: [orders] } }",
  insert: "{ skill_name: db.insert_load, params: { tables: [customers], rows_per_table: 200 } }",
};

/** The text of a file with these experiments. */
export function shopFile(experiments: Record<string, Wanted>): string {
  const one = ([name, { duration, skills = ["lock", "insert"] as const, more = "" }]: [string, Wanted]) => `\
  - name: ${name}
    target: database
    target_config: { connection_url: "\${DATABASE_URL}", db_type: postgres }
    skills: [${skills.map((skill) => uses[skill]).join(", ")}]
    duration: ${duration}
${more}`;
  return `experiments:\n${Object.entries(experiments).map(one).join("")}`;
}
