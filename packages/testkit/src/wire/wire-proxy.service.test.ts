import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Clock } from "@chaos-agents/core";
import { beforeEach, describe, expect, test } from "vitest";
import { forEachDatabase } from "../databases.ts";
import { administer } from "../servers/database-admin.ts";
import { startWireProxy, type WireProxy } from "./wire-proxy.ts";

const patience = { timeout: 20_000 };

forEachDatabase((db) => {
  const open = (clock?: Clock) => {
    const { hostname, port } = new URL(db.url);
    return startWireProxy({ to: { host: hostname, port: Number(port) }, engine: db.engine, ...(clock && { clock }) });
  };
  const through = (proxy: WireProxy) => administer(db.engine, proxy.through(db.url));
  const numbers = async () => (await db.admin.query("SELECT n FROM numbers ORDER BY n")).map((row) => Number(row["n"]));
  const kinds = (proxy: WireProxy) => proxy.messages.map((message) => message.kind);
  /** How many messages it takes until a connection's first statement is sent, that one included. */
  const first = db.engine === "postgres" ? 4 : 2;

  beforeEach(() => db.admin.run(["DROP TABLE IF EXISTS numbers", "CREATE TABLE numbers (n integer PRIMARY KEY)"]));

  test("counts every message, the same each time", async () => {
    const counts = [];
    for (const _ of [1, 2]) {
      await using proxy = await open();
      await through(proxy).run(["INSERT INTO numbers VALUES (1)", "DELETE FROM numbers"]);
      await through(proxy).query(db.engine === "postgres" ? "SELECT $1::integer" : "SELECT ?", [1]);
      expect(proxy.connections).toBe(2);
      expect(proxy.messages[first - 1]).toMatchObject({
        n: first,
        connection: 1,
        kind: "Query",
        sql: "INSERT INTO numbers VALUES (1)",
      });
      expect(proxy.messages.map((message) => message.n)).toEqual(proxy.messages.map((_, i) => i + 1));
      await expect.poll(() => kinds(proxy), patience).toHaveLength(db.engine === "postgres" ? 6 + 9 : 4 + 3);
      counts.push(kinds(proxy));
    }
    expect(counts[0]).toEqual(counts[1]);
  });

  test("cuts before exactly the message it was told, which the server then never gets", async () => {
    await using proxy = await open();
    proxy.cutAt(first + 2);
    await expect(through(proxy).run([1, 2, 3, 4].map((n) => `INSERT INTO numbers VALUES (${n})`))).rejects.toThrow(
      "ECONNRESET",
    );
    expect(proxy.messages).toHaveLength(first + 2);
    expect(proxy.messages.at(-1)!.sql).toBe("INSERT INTO numbers VALUES (3)");
    expect(await numbers()).toEqual([1, 2]);
  });

  test("cuts after exactly the message it was told, which the server then carries out unheard", async () => {
    await using proxy = await open();
    proxy.cutAt(first + 2, "after");
    await expect(through(proxy).run([1, 2, 3, 4].map((n) => `INSERT INTO numbers VALUES (${n})`))).rejects.toThrow(
      "ECONNRESET",
    );
    await expect.poll(numbers, patience).toEqual([1, 2, 3]);
    expect(proxy.messages).toHaveLength(first + 2);
  });

  test("goes on with other connections after a cut", async () => {
    await using proxy = await open();
    proxy.cutAt(1);
    await expect(through(proxy).query("SELECT 1")).rejects.toThrow("ECONNRESET");
    await through(proxy).run(["INSERT INTO numbers VALUES (7)"]);
    expect(await numbers()).toEqual([7]);
  });

  test.each([
    ["before the server gets it", "cut", [0, 1, 2]],
    ["after", "forward", [0, 1, 2, 3]],
  ] as const)("has a child killed at an exact message, %s", async (_when, verdict, left) => {
    await using proxy = await open();
    const child = spawn(process.execPath, [
      join(import.meta.dirname, "inserting.fixture.ts"),
      db.engine,
      proxy.through(db.url),
    ]);
    const ended = once(child, "exit");
    proxy.onMessage(first + 3, async () => {
      child.kill("SIGKILL");
      await ended;
      return verdict;
    });
    expect(await ended).toEqual([null, "SIGKILL"]);
    await expect.poll(numbers, patience).toEqual(left);
    expect(proxy.messages).toHaveLength(first + 3);
  });

  test("holds a message until it is let go, while other connections go on", async () => {
    await using proxy = await open();
    const pause = proxy.pauseAt(first);
    const held = through(proxy).run(["INSERT INTO numbers VALUES (1)", "INSERT INTO numbers VALUES (2)"]);
    expect(await pause.reached).toMatchObject({ n: first, connection: 1, sql: "INSERT INTO numbers VALUES (1)" });
    await through(proxy).run(["INSERT INTO numbers VALUES (3)"]);
    expect(await numbers()).toEqual([3]);
    pause.release();
    await held;
    expect(await numbers()).toEqual([1, 2, 3]);
  });

  test("delays one message by the clock it was given", async () => {
    const slept: number[] = [];
    const clock: Clock = { now: () => 0, monotonic: () => 0, sleep: async (ms) => void slept.push(ms) };
    await using proxy = await open(clock);
    proxy.delayAt(first, 250);
    await through(proxy).run(["INSERT INTO numbers VALUES (1)"]);
    expect(slept).toEqual([250]);
    expect(await numbers()).toEqual([1]);
  });

  test("cuts all connections at once", async () => {
    await using proxy = await open();
    const pauses = [proxy.pauseAt(1), proxy.pauseAt(2)];
    const both = [through(proxy).query("SELECT 1"), through(proxy).query("SELECT 1")];
    for (const one of both) one.catch(() => {});
    await Promise.all(pauses.map((pause) => pause.reached));
    proxy.cutAll();
    for (const one of both) await expect(one).rejects.toThrow("ECONNRESET");
  });

  test("carries much in both directions whole", async () => {
    await using proxy = await open();
    const sql =
      db.engine === "postgres"
        ? "SELECT md5($1) AS here, repeat('x', 3000000) AS there"
        : "SELECT MD5(?) AS here, REPEAT('x', 3000000) AS there";
    const [row] = await through(proxy).query(sql, ["y".repeat(3_000_000)]);
    const [direct] = await db.admin.query(sql, ["y".repeat(3_000_000)]);
    expect(row!["here"]).toBe(direct!["here"]);
    expect(String(row!["there"])).toHaveLength(3_000_000);
  });
});

describe("a proxy with nobody behind it", () => {
  test("says of a message that never came that it did not, and refuses one that has gone by", async () => {
    const proxy = await startWireProxy({ to: { host: "127.0.0.1", port: 1 }, engine: "postgres" });
    const { reached } = proxy.pauseAt(3);
    await proxy[Symbol.asyncDispose]();
    await expect(reached).rejects.toThrow("message 3 never came; there were 0");
    expect(() => proxy.cutAt(0)).toThrow("has gone by");
  });
});
