import { type Clock, ChaosError } from "@chaos-agents/core";
import type { Client } from "pg";
import { type Ledger, type Transaction, inOrder } from "./ledger.ts";

const between = 50;
const deadline = 30_000;
const invalidParameter = "22023";

export interface ResolvedLedger {
  committed: Transaction[];
  /** How many had to be asked for, and how many of them had been committed. */
  asked: number;
  hadCommitted: number;
}

/** Asks the server how every unknown transaction ended. `client` is connected to the shop. */
export async function resolveUnknown(
  client: Client,
  ledger: Ledger,
  { clock, signal }: { clock: Clock; signal?: AbortSignal },
): Promise<ResolvedLedger> {
  const found: Transaction[] = [];
  for (const transaction of ledger.unknown) {
    if (await hasCommitted(client, transaction, clock, signal)) found.push(transaction);
  }
  return {
    committed: inOrder([...ledger.committed, ...found]),
    asked: ledger.unknown.length,
    hadCommitted: found.length,
  };
}

/**
 * Waits until the transaction is over, then looks for its receipt. The status alone would not do: after a crash the server
 * may give a number that was never committed to somebody else.
 */
async function hasCommitted(client: Client, { xid, receipt }: Transaction, clock: Clock, signal?: AbortSignal) {
  const until = clock.monotonic() + deadline;
  let status = await statusOf(client, xid);
  while (status === "in progress") {
    if (clock.monotonic() > until) {
      throw new ChaosError("deadline-passed", `transaction ${xid} of a shop client is still open on the server`, {
        remedy: "end its session, and ask for the proof again",
      });
    }
    await clock.sleep(between, signal);
    status = await statusOf(client, xid);
  }
  const { rowCount } = await client.query("SELECT FROM events WHERE id = $1", [receipt]);
  const received = rowCount === 1;
  if (received && status === "aborted") {
    throw new ChaosError("internal", `transaction ${xid} was rolled back, but what it wrote is there`);
  }
  return received;
}

async function statusOf(client: Client, xid: string): Promise<string | null> {
  try {
    const { rows } = await client.query("SELECT pg_xact_status($1::xid8) AS status", [xid]);
    return rows[0].status;
  } catch (error) {
    // a number from before a crash that the server has not reached again
    if ((error as { code?: string }).code === invalidParameter) return null;
    throw error;
  }
}
