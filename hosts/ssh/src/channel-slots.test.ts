import { expect, test } from "vitest";
import { ChannelSlots } from "./channel-slots.ts";

const never = new AbortController().signal;

test("lets eight in, and the next one when one leaves", async () => {
  const slots = new ChannelSlots();
  const eight = await Promise.all(Array.from({ length: 8 }, () => slots.take(never)));
  const order: number[] = [];
  const ninth = slots.take(never).then((slot) => (order.push(9), slot));
  const tenth = slots.take(never).then((slot) => (order.push(10), slot));
  await Promise.resolve();
  expect(order).toEqual([]);
  eight[0]![Symbol.dispose]();
  (await ninth)[Symbol.dispose]();
  await tenth;
  expect(order).toEqual([9, 10]);
});

test("who does not want to wait any longer leaves the queue", async () => {
  const slots = new ChannelSlots();
  const eight = await Promise.all(Array.from({ length: 8 }, () => slots.take(never)));
  const stop = new AbortController();
  const impatient = slots.take(stop.signal);
  const patient = slots.take(never);
  stop.abort(new Error("enough"));
  await expect(impatient).rejects.toThrow("enough");
  eight[0]![Symbol.dispose]();
  await patient;
});

test("a host that refused the third is never asked for it again", async () => {
  const slots = new ChannelSlots();
  const [one, two, three] = [await slots.take(never), await slots.take(never), await slots.take(never)];
  expect(slots.narrow()).toBe(true);
  three[Symbol.dispose]();
  let letIn = false;
  const again = slots.take(never).then((slot) => ((letIn = true), slot));
  await Promise.resolve();
  expect(letIn).toBe(false);
  one[Symbol.dispose]();
  await again;
  two[Symbol.dispose]();
});

test("a host that refuses the only one is not to be helped", async () => {
  const slots = new ChannelSlots();
  await slots.take(never);
  expect(slots.narrow()).toBe(false);
});
