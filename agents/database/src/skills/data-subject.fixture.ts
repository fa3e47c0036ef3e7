import { type Photograph, type Section, photograph, residues } from "@chaos-agents/testkit";
import type { Subject } from "@chaos-agents/testkit/contract";
import type { TestDatabase } from "@chaos-agents/testkit/vitest";

/** A shop with the usual: a key from a sequence, a reference, a unique text, an index, types of every day. */
export async function makeShop({ admin, engine }: TestDatabase): Promise<void> {
  const [id, moment] = engine === "postgres" ? ["bigserial", "timestamptz"] : ["bigint auto_increment", "datetime(6)"];
  const numbers = (count: number) => Array.from({ length: count }, (_, n) => n + 1);
  await admin.run([
    `CREATE TABLE customers (id ${id} PRIMARY KEY, name varchar(60) NOT NULL)`,
    `INSERT INTO customers (name) VALUES ${numbers(50)
      .map((n) => `('customer ${n}')`)
      .join(", ")}`,
    `CREATE TABLE orders (id ${id} PRIMARY KEY, customer_id bigint NOT NULL, code varchar(40) UNIQUE, total numeric(12, 2) NOT NULL,
      placed ${moment} NOT NULL, paid boolean NOT NULL, note text, FOREIGN KEY (customer_id) REFERENCES customers (id))`,
    "CREATE INDEX orders_placed ON orders (placed)",
    `INSERT INTO orders (customer_id, code, total, placed, paid, note) VALUES ${numbers(600)
      .map(
        (n) =>
          `(${(n % 50) + 1}, 'code ${n}', ${n}.25, '2025-01-01 10:00:00', ${n % 2 === 0}, ${n % 5 ? `'note ${n}'` : "NULL"})`,
      )
      .join(", ")}`,
  ]);
}

/** What a skill is tried on, under an oracle that may overlook named facts: numbers that a sequence does not take back. */
export function dataSubject(
  database: TestDatabase,
  params: Record<string, unknown>,
  { felt, ignore = [] }: { felt: () => Promise<boolean>; ignore?: readonly (Section | RegExp)[] },
): Subject<Photograph> {
  return {
    config: { connection_url: database.url },
    params,
    oracle: {
      photograph: () => photograph(database.url, database.engine),
      differences: (before, after) => residues(before, after, { ignore }),
      patience: 5_000,
    },
    observeEffect: felt,
    async [Symbol.asyncDispose]() {},
  };
}

export const countOf = async ({ admin }: TestDatabase, from: string): Promise<number> =>
  Number((await admin.query(`SELECT count(*) AS n FROM ${from}`))[0]!["n"]);
