import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Clock, systemClock } from "@chaos-agents/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { makeHome } from "./fixtures/home.ts";
import { openStore } from "./index.ts";

let home: Awaited<ReturnType<typeof makeHome>>;
beforeEach(async () => {
  home = await makeHome();
});
afterEach(() => home[Symbol.asyncDispose]());

const order = { at: 5, by: "ann", reason: "customers are complaining" };

test("the lever is pulled, read elsewhere and released", async () => {
  const { lever } = openStore(join(home.path, "not", "yet"));
  expect(await lever.read()).toBeNull();
  expect(await lever.resume()).toBe(false);
  await lever.halt(order);
  expect(await openStore(join(home.path, "not", "yet")).lever.read()).toEqual(order);
  await lever.halt({ ...order, by: "bob" });
  expect(await lever.read()).toMatchObject({ by: "bob" });
  expect(await lever.resume()).toBe(true);
  expect(await lever.read()).toBeNull();
});

test("waiting looks again at least every 250 ms, and ends with the order", async () => {
  const slept: number[] = [];
  const { lever } = openStore(home.path);
  const clock: Clock = {
    ...systemClock,
    async sleep(ms) {
      slept.push(ms);
      if (slept.length === 3) await lever.halt(order);
    },
  };
  expect(await openStore(home.path, clock).lever.wait(new AbortController().signal)).toEqual(order);
  expect(slept).toHaveLength(3);
  expect(Math.max(...slept)).toBeLessThan(250);
});

test("waiting ends when it is aborted", async () => {
  const stop = new AbortController();
  const waiting = openStore(home.path).lever.wait(stop.signal);
  stop.abort(new Error("the run is over"));
  await expect(waiting).rejects.toThrow("the run is over");
});

test.each(["", "{", "null", '{"at":"5"}'])("an order that cannot be read (%j) still halts", async (text) => {
  writeFileSync(join(home.path, "halt.json"), text);
  expect(await openStore(home.path).lever.read()).toMatchObject({ by: "unknown" });
});
