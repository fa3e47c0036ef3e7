import { join } from "node:path";
import process from "node:process";
import { systemClock } from "@chaos-agents/core";
import type { Client } from "pg";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { readLedger } from "../ledger/ledger.ts";
import { type Pristine, type ProofReport, keepPristine, prove } from "../proof/proof.ts";
import { type Server, startServer } from "../server.ts";
import { type LoadedShop, loadShop } from "../shop/load-shop.ts";
import { withClient } from "../with-client.ts";
import type { TrafficSample } from "./latency-window.ts";
import { type Traffic, startTraffic } from "./traffic.ts";

let server: Server;
let seeded: LoadedShop;
/** This test's own. */
let shop: LoadedShop;
let ledger: string;
let shops = 0;

beforeAll(async () => {
  server = await startServer();
  seeded = await loadShop(server.url());
});
afterAll(() => server[Symbol.asyncDispose]());

beforeEach(async () => {
  const database = `shop_${++shops}`;
  await withClient(server.url(), async (client) => {
    await client.query("ALTER SYSTEM RESET ALL");
    await client.query("SELECT pg_reload_conf()");
    await client.query(`CREATE DATABASE ${database} TEMPLATE shop`);
  });
  shop = { url: server.url(database), appUrl: new URL(`/${database}`, seeded.appUrl).href };
  ledger = join(server.home, `${database}.jsonl`);
});

const open = (rate: number) => startTraffic({ url: shop.appUrl, ledger, rate });
const proof = (pristine: Pristine) => prove({ url: shop.url, pristine, ledger }, { clock: systemClock });

function sampleThat(traffic: Traffic, fits: (sample: TrafficSample) => boolean): Promise<TrafficSample> {
  const { promise, resolve } = Promise.withResolvers<TrafficSample>();
  const stop = traffic.onSample((sample) => fits(sample) && resolve(sample));
  return promise.finally(stop);
}

async function samples(traffic: Traffic, wanted: number): Promise<void> {
  await sampleThat(traffic, () => --wanted < 0);
}

const answered = (traffic: Traffic) =>
  sampleThat(traffic, ({ throughput, errors }) => throughput > 0 && errors.lost === 0);

/** Makes COMMIT last a tenth of a second, so that there is always somebody in the middle of one. */
async function slowCommits(client: Client): Promise<void> {
  await client.query("ALTER SYSTEM SET commit_delay = 100000");
  await client.query("ALTER SYSTEM SET commit_siblings = 0");
  await client.query("SELECT pg_reload_conf()");
}

/** Makes every COMMIT wait, once it is done, for a standby that never comes; then lets them all be answered. */
async function answerNoCommit(client: Client): Promise<void> {
  await client.query("ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
  await client.query("SELECT pg_reload_conf()");
}
async function answerCommits(client: Client): Promise<void> {
  await client.query("ALTER SYSTEM RESET synchronous_standby_names");
  await client.query("SELECT pg_reload_conf()");
}

const unanswered = "application_name = 'shop/web' AND wait_event = 'SyncRep'";
const committing = "application_name = 'shop/web' AND state = 'active' AND query = 'COMMIT'";

/** Asks again until there is an answer. */
async function firstRow<T>(client: Client, sql: string): Promise<T> {
  for (;;) {
    const { rows } = await client.query(sql);
    if (rows.length > 0) return rows[0];
  }
}

const unequal = ({ tables }: ProofReport) => tables.filter(({ equal }) => !equal);

test("customers are served, and the shop is what it was plus what they wrote", async () => {
  const pristine = await keepPristine(shop.url);
  await using traffic = await open(150);
  await samples(traffic, 12);
  const totals = await traffic.stop();
  const report = await proof(pristine);
  expect(unequal(report)).toEqual([]);
  expect(report).toMatchObject({ ok: true, asked: 0 });
  expect(totals.completed).toBeGreaterThan(0);
  expect(Object.values(totals.failed)).toEqual([0, 0, 0, 0, 0, 0]);
  const written = Object.fromEntries(report.tables.map(({ name, ledgerWrites }) => [name, ledgerWrites]));
  for (const name of ["products", "cart_items", "orders", "order_items", "payments", "events"]) {
    expect(written[name], name).toBeGreaterThan(0);
  }
  expect(report.tables.find(({ name }) => name === "orders")!.rowsAfter).toBe(8_000 + written["orders"]!);
});

test("a stall shows in latency and in errors, and passes", async () => {
  await using traffic = await open(150);
  await answered(traffic);
  const slow = sampleThat(traffic, ({ p99 }) => (p99 ?? 0) > 500);
  await withClient(shop.url, async (client) => {
    await client.query("BEGIN");
    await client.query("LOCK TABLE orders IN ACCESS EXCLUSIVE MODE");
    const { errors } = await sampleThat(traffic, ({ errors }) => errors.timeout > 0 && errors["no-connection"] > 0);
    expect(errors).toMatchObject({ refused: 0, lost: 0, other: 0 });
    await client.query("ROLLBACK");
  });
  await slow;
  await sampleThat(traffic, ({ errors, throughput }) => throughput > 0 && Object.values(errors).every((n) => n === 0));
  await traffic.stop();
});

test("an order that finds the shelf empty is an answer, and writes nothing", async () => {
  await withClient(shop.url, (client) => client.query("UPDATE products SET stock = 1"));
  const pristine = await keepPristine(shop.url);
  await using traffic = await open(300);
  await samples(traffic, 12);
  const totals = await traffic.stop();
  const report = await proof(pristine);
  expect(report.ok).toBe(true);
  expect(totals.failed.other).toBe(0);
  const orders = report.tables.find(({ name }) => name === "orders")!;
  const numbers = report.sequences.find(({ name }) => name === "orders_id_seq");
  expect(orders.ledgerWrites).toBe(numbers?.advanced ?? 0);
  const { rows } = await withClient(shop.url, (client) => client.query("SELECT min(stock) FROM products"));
  expect(rows).toEqual([{ min: 0 }]);
});

test("customers whose connection is ended at COMMIT are asked for, and the proof holds", async () => {
  const pristine = await keepPristine(shop.url);
  await using traffic = await open(100);
  await answered(traffic);
  await withClient(server.url(), async (client) => {
    await answerNoCommit(client);
    for (let i = 0; i < 3; i++) {
      await firstRow(client, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE ${unanswered}`);
      await client.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'shop/web'");
    }
    await answerCommits(client);
  });
  await answered(traffic);
  const totals = await traffic.stop();
  const { unknown } = await readLedger(ledger);
  expect(unknown.length).toBeGreaterThan(0);
  expect(totals.failed.lost).toBeGreaterThanOrEqual(unknown.length);
  const report = await proof(pristine);
  expect(unequal(report)).toEqual([]);
  expect(report).toMatchObject({ ok: true, asked: unknown.length });
  expect(report.hadCommitted).toBeGreaterThan(0);
});

test("a crash that forgets commits, whose numbers are then given to others, does not deceive the proof", async () => {
  await withClient(server.url(), async (client) => {
    // nothing but COMMIT itself brings a commit to disk
    await client.query("ALTER SYSTEM SET wal_writer_delay = 10000");
    await client.query("ALTER SYSTEM SET wal_writer_flush_after = 0");
    await slowCommits(client);
  });
  const pristine = await keepPristine(shop.url);
  await using traffic = await open(100);
  let crashes = 0;
  while (crashes < 2) {
    await answered(traffic);
    const { pid } = await withClient(server.url(), (client) =>
      firstRow<{ pid: number }>(client, `SELECT pid FROM pg_stat_activity WHERE ${committing}`),
    );
    process.kill(pid, "SIGKILL");
    // it may have come between two requests of everybody: then nobody has lost anything, and later ones are refused
    let looks = 0;
    const { errors } = await sampleThat(traffic, ({ errors }) => errors.lost > 0 || ++looks === 8);
    if (errors.lost > 0) crashes++;
  }
  await answered(traffic);
  await traffic.stop();
  const report = await proof(pristine);
  expect(unequal(report)).toEqual([]);
  expect(report.ok).toBe(true);
  expect(report.asked).toBeGreaterThan(report.hadCommitted);
}, 120_000); // recovery waits for the disk, whoever else keeps it busy

test("a restart of the server in the middle leaves the proof whole", async () => {
  const pristine = await keepPristine(shop.url);
  await using traffic = await open(150);
  await answered(traffic);
  await withClient(shop.url, async (client) => {
    // somebody is in the middle of something
    await client.query("BEGIN");
    await client.query("LOCK TABLE orders IN ACCESS EXCLUSIVE MODE");
    await firstRow(
      client,
      "SELECT FROM pg_stat_activity WHERE application_name = 'shop/web' AND wait_event_type = 'Lock'",
    );
    await server.restart();
  });
  await answered(traffic);
  const totals = await traffic.stop();
  expect(totals.failed.lost).toBeGreaterThan(0);
  const report = await proof(pristine);
  expect(unequal(report)).toEqual([]);
  expect(report.ok).toBe(true);
});

test("customers killed in the middle leave a ledger that is whole", async () => {
  const pristine = await keepPristine(shop.url);
  await using traffic = await open(150);
  await answered(traffic);
  await withClient(server.url(), async (client) => {
    await answerNoCommit(client);
    await firstRow(client, `SELECT FROM pg_stat_activity WHERE ${unanswered}`);
    process.kill(traffic.pid, "SIGKILL");
    await answerCommits(client);
  });
  await expect(traffic.stop()).rejects.toThrow("the traffic ended by SIGKILL");
  const report = await proof(pristine);
  expect(unequal(report)).toEqual([]);
  expect(report.ok).toBe(true);
  expect(report.asked).toBeGreaterThan(0);
  expect(report.hadCommitted).toBeGreaterThan(0);
});
