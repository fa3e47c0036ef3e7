import { expect, test } from "vitest";
import type { ProofReport, TableProof } from "./proof.ts";
import { renderProof } from "./render-proof.ts";

const hash = "0123456789abcdef".repeat(4);
const orders: TableProof = {
  name: "orders",
  rowsBefore: 8_000,
  ledgerWrites: 62,
  rowsAfter: 8_062,
  sha256Expected: hash,
  sha256Actual: hash,
  equal: true,
};
const good: ProofReport = {
  tables: [orders],
  schemaEqual: true,
  schemaDifferences: [],
  settingsEqual: true,
  settingsDifferences: [],
  sessionsLeft: [],
  sequences: [{ name: "orders_id_seq", advanced: 20_062 }],
  transactions: 70,
  writes: 1_234,
  asked: 1,
  hadCommitted: 1,
  ok: true,
};

test("a proof that holds reads as one sentence below its table", () => {
  expect(renderProof(good, { color: false })).toMatchInlineSnapshot(`
    "table   rows before  customers wrote  rows now
    orders        8,000               62     8,062  ✔ identical  0123456789ab

    ✔ same tables, columns, indexes and constraints
    ✔ same server settings
    ✔ no session of ours is left
    1 customer lost the connection while committing;
    the server says 1 of those orders and carts stand.
    Sequences never go back: orders_id_seq +20,062.

    The shop is what it was, plus exactly the 1,234 writes its customers made."
  `);
});

test("a proof that fails says what is different", () => {
  const bad: ProofReport = {
    ...good,
    tables: [
      {
        ...orders,
        sha256Actual: "f".repeat(64),
        equal: false,
        difference: { missing: 1, extra: 20_000, changed: 0, examples: ["17", "18"] },
      },
      { ...orders, name: "gone", ledgerWrites: 0, rowsAfter: null, sha256Actual: null, equal: false },
      { ...orders, name: "chaos_left", sha256Expected: null, equal: false },
    ],
    schemaEqual: false,
    schemaDifferences: ["gone: index orders_open"],
    settingsEqual: false,
    settingsDifferences: Array.from({ length: 7 }, (_, i) => `new: setting ${i}`),
    sessionsLeft: ["chaos/r1/f1, process 7, idle"],
    sequences: [],
    asked: 0,
    hadCommitted: 0,
    ok: false,
  };
  expect(renderProof(bad, { color: false })).toMatchInlineSnapshot(`
    "table       rows before  customers wrote  rows now
    orders            8,000               62     8,062  ✘ 1 missing, 20,000 too many (17; 18)
    gone              8,000                –         –  ✘ the table is gone
    chaos_left        8,000               62     8,062  ✘ a table that was not there before

    ✘ the schema differs
        gone: index orders_open
    ✘ server settings differ
        new: setting 0
        new: setting 1
        new: setting 2
        new: setting 3
        new: setting 4
        and 2 more
    ✘ sessions of ours are left
        chaos/r1/f1, process 7, idle

    The shop is NOT what it was plus what its customers wrote; see the ✘ above."
  `);
});

test("colour is added around words, and only when wanted", () => {
  const plain = renderProof(good, { color: false });
  const painted = renderProof(good, { color: true });
  expect(plain).not.toContain("\u001b");
  expect(painted).toContain("\u001b[32m✔");
  // oxlint-disable-next-line no-control-regex
  expect(painted.replace(/\u001b\[\d+m/g, "")).toBe(plain);
});
