import { ChaosError, describeError } from "@chaos-agents/core";
import type { Client } from "pg";
import type { Transaction } from "./ledger.ts";
import { statementFor } from "./row-write.ts";

/** Makes every committed write once more, in order, in one transaction. Returns how many there were per table. */
export async function replay(client: Client, transactions: readonly Transaction[]): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  await client.query("BEGIN");
  for (const { n, writes } of transactions) {
    for (const write of writes) {
      const { rowCount } = await client.query(statementFor(write)).catch((error: unknown) => {
        throw new ChaosError("internal", `transaction ${n} of the ledger cannot be replayed: ${describeError(error)}`);
      });
      if (rowCount !== 1) {
        throw new ChaosError(
          "internal",
          `transaction ${n} of the ledger wrote ${rowCount} rows of ${write.table} on replay`,
        );
      }
      counts.set(write.table, (counts.get(write.table) ?? 0) + 1);
    }
  }
  await client.query("COMMIT");
  return counts;
}
