import { appendFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { LedgerWriter, readLedger } from "./ledger.ts";

const home = mkdtempSync(join(tmpdir(), "ledger-"));
const path = join(home, "ledger.jsonl");
afterEach(() => rmSync(home, { recursive: true }));

test("what was answered is committed or forgotten, the rest is unknown, and replay order is the server's", async () => {
  const transaction = (lsn: string) => ({ xid: "7", lsn, receipt: lsn, writes: [] });
  using ledger = new LedgerWriter(path);
  const late = ledger.begin(transaction("A/2"));
  const early = ledger.begin(transaction("9/FFFFFFF0"));
  const refused = ledger.begin(transaction("1/0"));
  ledger.begin(transaction("2/0"));
  const between = ledger.begin(transaction("A/1"));
  ledger.end(late, true);
  ledger.end(refused, false);
  ledger.end(between, true);
  ledger.end(early, true);
  appendFileSync(path, '{"begun":{"n":6,"xid":"9"');

  const read = await readLedger(path);
  expect(read.committed.map(({ lsn }) => lsn)).toEqual(["9/FFFFFFF0", "A/1", "A/2"]);
  expect(read.unknown.map(({ lsn }) => lsn)).toEqual(["2/0"]);
});
