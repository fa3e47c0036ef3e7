import { openSync, closeSync, writeSync } from "node:fs";
import { readFile } from "node:fs/promises";
import type { RowWrite } from "./row-write.ts";

/** A transaction as its client knows it just before COMMIT. */
export interface Transaction {
  n: number;
  /** The server's number for it, to ask how it ended. */
  xid: string;
  /**
   * Where the server's log stood once this transaction held all its locks. Of two transactions that wrote the same row, the
   * later one got there only after the earlier one's commit was in that log: so this orders what has to be in order.
   */
  lsn: string;
  /** The key of the row of `events` that this transaction, and no other, inserts. */
  receipt: string;
  writes: RowWrite[];
}

type Line = { begun: Transaction } | { ended: number; committed: boolean };

/**
 * What the customers wrote, one line before each COMMIT and one once its answer was seen, so that the ledger is whole even
 * when its writer is killed. A transaction without an answer is unknown, until the server has been asked.
 */
export class LedgerWriter implements Disposable {
  readonly #file: number;
  #last = 0;

  constructor(path: string) {
    this.#file = openSync(path, "a", 0o600);
  }

  begin(transaction: Omit<Transaction, "n">): number {
    const n = ++this.#last;
    this.#append({ begun: { n, ...transaction } });
    return n;
  }

  end(n: number, committed: boolean): void {
    this.#append({ ended: n, committed });
  }

  #append(line: Line): void {
    writeSync(this.#file, `${JSON.stringify(line)}\n`);
  }

  [Symbol.dispose](): void {
    closeSync(this.#file);
  }
}

export interface Ledger {
  /** In an order that gives the same rows when replayed. */
  committed: Transaction[];
  /** Sent their COMMIT and never saw its answer. */
  unknown: Transaction[];
}

const position = (lsn: string) => {
  const [high, low] = lsn.split("/");
  return (BigInt(`0x${high}`) << 32n) + BigInt(`0x${low}`);
};

export function inOrder(transactions: Transaction[]): Transaction[] {
  const placed = transactions.map((transaction) => ({ transaction, at: position(transaction.lsn) }));
  placed.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : a.transaction.n - b.transaction.n));
  return placed.map(({ transaction }) => transaction);
}

export async function readLedger(path: string): Promise<Ledger> {
  const begun = new Map<number, Transaction>();
  const committed: Transaction[] = [];
  for (const text of (await readFile(path, "utf8")).split("\n")) {
    const line = parse(text);
    if (!line) continue;
    if ("begun" in line) begun.set(line.begun.n, line.begun);
    else {
      if (line.committed) committed.push(begun.get(line.ended)!);
      begun.delete(line.ended);
    }
  }
  return { committed: inOrder(committed), unknown: [...begun.values()] };
}

/** A last line cut short belongs to a writer killed before it sent its COMMIT, or after it had been answered. */
function parse(text: string): Line | undefined {
  try {
    return JSON.parse(text) as Line;
  } catch {
    return undefined;
  }
}
