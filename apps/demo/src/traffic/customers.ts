import { randomUUID } from "node:crypto";
import type { Clock, Random } from "@chaos-agents/core";
import { DatabaseError, type Pool } from "pg";
import type { LedgerWriter } from "../ledger/ledger.ts";
import { type Recording, borrow, inTransaction } from "./shop-pool.ts";

interface Visitor {
  session: string;
  customer: string;
  address: string;
}

export interface Shopping {
  pool: Pool;
  /** Checkouts are a service of their own, which connects anew for each. */
  checkouts: Pool;
  ledger: LedgerWriter;
  clock: Clock;
  random: Random;
  visitors: Visitor[];
  products: { id: string; cents: number }[];
}

/** Reads who is in the shop and what it sells. */
export async function enterShop(pool: Pool): Promise<Pick<Shopping, "visitors" | "products">> {
  const visitors = await pool.query<Visitor>(
    `SELECT sessions.id AS session, customer_id AS customer, address::text AS address
     FROM sessions JOIN customers ON customers.id = customer_id ORDER BY sessions.id`,
  );
  const products = await pool.query<{ id: string; cents: number }>(
    "SELECT id, (price * 100)::int AS cents FROM products ORDER BY id",
  );
  return { visitors: visitors.rows, products: products.rows };
}

const one = <T>({ random }: Shopping, items: readonly T[]) => items[random.below(items.length)]!;
/** The first products sell best. */
const popular = ({ random, products }: Shopping) => products[Math.floor(random.next() ** 2 * products.length)]!;
const now = ({ clock }: Shopping) => new Date(clock.now()).toISOString();

const read = (shopping: Shopping, text: string, values: unknown[]) =>
  borrow(shopping.pool, async (client) => void (await client.query(text, values)));

const browseCategory = (shopping: Shopping) =>
  read(shopping, "SELECT id, sku, name, price, stock FROM products WHERE category_id = $1 ORDER BY price LIMIT 24", [
    1 + shopping.random.below(12),
  ]);

const viewProduct = (shopping: Shopping) =>
  read(
    shopping,
    `SELECT product.*, category.name AS category, (SELECT count(*) FROM order_items WHERE product_id = product.id) AS sold
     FROM products AS product JOIN categories AS category ON category.id = category_id WHERE product.id = $1`,
    [popular(shopping).id],
  );

const search = (shopping: Shopping) =>
  read(shopping, "SELECT id, name, price FROM products WHERE attributes @> $1 ORDER BY price LIMIT 24", [
    JSON.stringify({
      colour: one(shopping, ["sand", "moss", "ink", "rust", "chalk"]),
      material: one(shopping, ["oak", "brass", "wool", "clay"]),
    }),
  ]);

const viewOrders = (shopping: Shopping) =>
  read(
    shopping,
    `SELECT orders.id, status, total, placed_at, count(*) AS items FROM orders JOIN order_items ON order_id = orders.id
     WHERE customer_id = $1 GROUP BY orders.id ORDER BY placed_at DESC LIMIT 10`,
    [one(shopping, shopping.visitors).customer],
  );

const viewCart = (shopping: Shopping) =>
  read(
    shopping,
    "SELECT product_id, name, price, quantity FROM cart_items JOIN products ON products.id = product_id WHERE session_id = $1",
    [one(shopping, shopping.visitors).session],
  );

/** What every write begins with: one visitor's own requests then take their turn, and cannot deadlock. */
async function seen(
  shopping: Shopping,
  tx: Recording,
  { session }: Visitor,
  kind: string,
  details: object,
): Promise<void> {
  const at = now(shopping);
  await tx.write({ kind: "change", table: "sessions", key: { id: session }, set: { last_seen_at: at } });
  await tx.write({
    kind: "insert",
    table: "events",
    row: { id: tx.receipt, session_id: session, kind, details: JSON.stringify(details), happened_at: at },
  });
}

const addToCart = (shopping: Shopping) =>
  inTransaction(shopping.pool, shopping.ledger, async (tx) => {
    const visitor = one(shopping, shopping.visitors);
    const product = popular(shopping);
    const quantity = 1 + shopping.random.below(3);
    await seen(shopping, tx, visitor, "cart", { product: Number(product.id), quantity });
    await tx.write({
      kind: "put",
      table: "cart_items",
      key: { session_id: visitor.session, product_id: product.id },
      row: { quantity, added_at: now(shopping) },
    });
  });

interface Wanted {
  product_id: string;
  quantity: number;
}

/** Empties the cart, and says what was in it. */
async function takeCart(tx: Recording, { session }: Visitor): Promise<Wanted[]> {
  const { rows } = await tx.client.query<Wanted>(
    "DELETE FROM cart_items WHERE session_id = $1 RETURNING product_id, quantity",
    [session],
  );
  for (const { product_id } of rows) {
    tx.writes.push({ kind: "delete", table: "cart_items", key: { session_id: session, product_id } });
  }
  return rows;
}

const emptyCart = (shopping: Shopping) =>
  inTransaction(shopping.pool, shopping.ledger, async (tx) => {
    const visitor = one(shopping, shopping.visitors);
    await seen(shopping, tx, visitor, "clear", {});
    await takeCart(tx, visitor);
  });

const money = (cents: number) => (cents / 100).toFixed(2);

async function checkOut(shopping: Shopping): Promise<void> {
  const { random, products } = shopping;
  const visitor = one(shopping, shopping.visitors);
  await inTransaction(shopping.checkouts, shopping.ledger, async (tx) => {
    const reference = randomUUID();
    await seen(shopping, tx, visitor, "checkout", { reference });
    const cart = await takeCart(tx, visitor);
    if (cart.length === 0) cart.push({ product_id: popular(shopping).id, quantity: 1 });
    // in one order for everybody: two checkouts never wait for each other in a circle
    cart.sort((a, b) => Number(a.product_id) - Number(b.product_id));
    const at = now(shopping);
    for (const { product_id, quantity } of cart) {
      const taken = { set: { updated_at: at }, add: { stock: -quantity } };
      await tx.write({ kind: "change", table: "products", key: { id: product_id }, ...taken });
    }
    const priced = cart.map((item) => ({ ...item, cents: products[Number(item.product_id) - 1]!.cents }));
    const total = money(priced.reduce((sum, { quantity, cents }) => sum + quantity * cents, 0));
    const order = await tx.insert("orders", {
      reference,
      customer_id: visitor.customer,
      status: "paid",
      total,
      ship_to: visitor.address,
      note: one(shopping, [null, null, "", "Leave it with the neighbours, please"]),
      placed_at: at,
    });
    for (const [i, { product_id, quantity, cents }] of priced.entries()) {
      const row = { order_id: order, line: i + 1, product_id, quantity, unit_price: money(cents) };
      await tx.write({ kind: "insert", table: "order_items", row });
    }
    const details = JSON.stringify({ brand: "visa", last4: String(1000 + random.below(9000)) });
    await tx.insert("payments", { order_id: order, method: "card", amount: total, details, paid_at: now(shopping) });
  }).catch((error: unknown) => {
    // sold out is an answer, not a failure
    if (!(error instanceof DatabaseError && error.constraint === "products_stock_not_negative")) throw error;
  });
}

/** What customers do, and how many of a hundred requests are for it. */
const visits: [share: number, visit: (shopping: Shopping) => Promise<void>][] = [
  [25, browseCategory],
  [28, viewProduct],
  [7, search],
  [8, viewOrders],
  [7, viewCart],
  [15, addToCart],
  [2, emptyCart],
  [8, checkOut],
];

export function nextVisit(random: Random): (shopping: Shopping) => Promise<void> {
  let left = random.below(100);
  return visits.find(([share]) => (left -= share) < 0)![1];
}
