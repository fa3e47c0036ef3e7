import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "@chaos-agents/core";
import { Client, escapeIdentifier } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { LedgerWriter } from "../ledger/ledger.ts";
import { type Server, startServer } from "../server.ts";
import { loadShop } from "../shop/load-shop.ts";
import { withClient } from "../with-client.ts";
import { type ProofReport, keepPristine, prove } from "./proof.ts";

let server: Server;
let shops = 0;

beforeAll(async () => {
  server = await startServer();
  await loadShop(server.url());
});
afterAll(() => server[Symbol.asyncDispose]());

/** A shop of its own for a test, with an empty ledger, and what is proven once `damage` was done to it. */
async function proofAfter(damage: (client: Client, ledger: LedgerWriter) => Promise<unknown>): Promise<ProofReport> {
  const database = `shop_${++shops}`;
  await withClient(server.url(), (client) =>
    client.query(`CREATE DATABASE ${escapeIdentifier(database)} TEMPLATE shop`),
  );
  const url = server.url(database);
  const pristine = await keepPristine(url);
  const ledger = join(server.home, `${database}.jsonl`);
  writeFileSync(ledger, "");
  using writer = new LedgerWriter(ledger);
  await withClient(url, (client) => damage(client, writer));
  return prove({ url, pristine, ledger }, { clock: systemClock });
}

const table = (report: ProofReport, name: string) => report.tables.find((proof) => proof.name === name)!;
const unequal = (report: ProofReport) => report.tables.filter(({ equal }) => !equal).map(({ name }) => name);

test("a shop that nobody touched is what it was", async () => {
  const report = await proofAfter(async () => {});
  expect(report).toMatchObject({ ok: true, writes: 0, transactions: 0, sequences: [] });
  expect(report.tables.map(({ name, rowsBefore }) => [name, rowsBefore])).toEqual([
    ["categories", 12],
    ["customers", 4_000],
    ["products", 1_500],
    ["sessions", 600],
    ["cart_items", 900],
    ["orders", 8_000],
    ["order_items", 20_000],
    ["payments", 7_645],
    ["events", 9_000],
  ]);
});

test("one changed row is found", async () => {
  const report = await proofAfter((client) => client.query("UPDATE orders SET note = '' WHERE id = 4711"));
  expect(report.ok).toBe(false);
  expect(unequal(report)).toEqual(["orders"]);
  expect(table(report, "orders").difference).toEqual({ missing: 0, extra: 0, changed: 1, examples: ["4711"] });
});

test("NULL is not the empty string", async () => {
  const report = await proofAfter((client) =>
    client.query("UPDATE orders SET note = NULL WHERE note = '' AND id < 50"),
  );
  expect(table(report, "orders").difference).toMatchObject({ changed: 2, examples: ["17", "34"] });
});

test("one row too many is found, and its number is seen to be gone", async () => {
  const report = await proofAfter((client) =>
    client.query(
      "INSERT INTO payments (order_id, method, amount, details, paid_at) VALUES (1, 'card', 1, '{}', now())",
    ),
  );
  expect(report.ok).toBe(false);
  expect(table(report, "payments")).toMatchObject({ rowsBefore: 7_645, rowsAfter: 7_646, difference: { extra: 1 } });
  expect(report.sequences).toEqual([{ name: "payments_id_seq", advanced: 1 }]);
});

test("one missing row is found", async () => {
  const report = await proofAfter((client) => client.query("DELETE FROM order_items WHERE order_id = 7 AND line = 2"));
  expect(report.ok).toBe(false);
  expect(table(report, "order_items").difference).toEqual({ missing: 1, extra: 0, changed: 0, examples: ["7, 2"] });
});

test("a number given out and not used is reported, and is no difference", async () => {
  const report = await proofAfter((client) =>
    client.query("SELECT nextval('orders_id_seq') FROM generate_series(1, 20)"),
  );
  expect(report.sequences).toEqual([{ name: "orders_id_seq", advanced: 20 }]);
  expect(report.ok).toBe(true);
});

test("a changed setting is found, and gone when it is reset", async () => {
  const alter = async (client: Client, action: string) => {
    await client.query(`ALTER SYSTEM ${action}`);
    await client.query("SELECT pg_reload_conf()");
  };
  const changed = await proofAfter((client) => alter(client, "SET work_mem = '5MB'"));
  try {
    expect(changed).toMatchObject({ ok: false, schemaEqual: true, settingsEqual: false });
    expect(changed.settingsDifferences).toEqual([
      "gone: work_mem = 4096, from default",
      "new: postgresql.auto.conf: work_mem = '5MB'",
      "new: work_mem = 5120, from configuration file",
    ]);
  } finally {
    await withClient(server.url(), (client) => alter(client, "RESET work_mem"));
  }
  const reset = await proofAfter(async (client) => {
    await alter(client, "SET work_mem = '5MB'");
    await alter(client, "RESET work_mem");
  });
  expect(reset.ok).toBe(true);
});

test("a setting of one database, or of a role, is found", async () => {
  const report = await proofAfter((client) =>
    client.query(`DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET jit = off', current_database()); END $$`),
  );
  expect(report.settingsDifferences).toContainEqual(
    expect.stringMatching(/^new: for all roles in shop_\d+: \{jit=off\}$/),
  );
});

test.each([
  ["dropped index", "DROP INDEX orders_open", /^gone: index public.orders_open/],
  [
    "dropped constraint",
    "ALTER TABLE products DROP CONSTRAINT products_stock_not_negative",
    /^gone: constraint products_stock/,
  ],
  [
    "index left invalid",
    "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'orders_open'::regclass",
    /^new: .*valid f/,
  ],
  ["triggers left off", "ALTER TABLE orders DISABLE TRIGGER ALL", /^new: .*enabled D/],
  ["new table", "CREATE TABLE chaos_left (word json)", /^new: relation public.chaos_left/],
  ["new column default", "ALTER TABLE orders ALTER note SET DEFAULT 'x'", /^new: column public.orders.note/],
  ["lost right", "REVOKE INSERT ON orders FROM shop_app", /^gone: relation public.orders/],
])("a %s is found", async (_, sql, line) => {
  const report = await proofAfter((client) => client.query(sql));
  expect(report).toMatchObject({ ok: false, schemaEqual: false });
  expect(report.schemaDifferences).toContainEqual(expect.stringMatching(line));
});

test("a session of ours that stayed is found", async () => {
  const left = new Client({ connectionString: server.url(), application_name: "chaos/r1/f2" });
  await left.connect();
  try {
    const report = await proofAfter(async () => {});
    expect(report.ok).toBe(false);
    expect(report.sessionsLeft).toEqual([expect.stringMatching(/^chaos\/r1\/f2, process \d+, idle$/)]);
  } finally {
    await left.end();
  }
  expect((await proofAfter(async () => {})).sessionsLeft).toEqual([]);
});

test("a write that is in the ledger and not in the shop is found", async () => {
  const report = await proofAfter(async (_, ledger) => {
    const write = { kind: "change", table: "products", key: { id: "1" }, set: {}, add: { stock: -1 } } as const;
    ledger.end(ledger.begin({ xid: "3", lsn: "0/1", receipt: crypto.randomUUID(), writes: [write] }), true);
  });
  expect(report.ok).toBe(false);
  expect(table(report, "products").difference).toEqual({ missing: 0, extra: 0, changed: 1, examples: ["1"] });
});
