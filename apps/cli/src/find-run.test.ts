import type { JournalStore, RunSummary } from "@chaos-agents/engine";
import { expect, test } from "vitest";
import { findRun } from "./find-run.ts";

const ids = ["20261122-101500-aaaaaa", "20261122-101500-bbbbbb", "20261121-090000-cccccc"];
const storeOf = (runs: readonly string[]) =>
  ({ list: async () => runs.map((run) => ({ run }) as RunSummary) }) as JournalStore;
const find = async (word: string, runs = ids) => (await findRun(storeOf(runs), word)).run;

test("finds a run by id, by a beginning that only one has, and the newest as last", async () => {
  expect(await find(ids[1]!)).toBe(ids[1]);
  expect(await find("20261121")).toBe(ids[2]);
  expect(await find("last")).toBe(ids[0]);
});

test("says what to do where it finds none, or several", async () => {
  await expect(find("20261122")).rejects.toMatchObject({
    message: '2 runs begin with "20261122"',
    code: "unknown-run",
  });
  await expect(find("1999")).rejects.toThrow('there is no run "1999"');
  await expect(find("")).rejects.toThrow("there is no run");
  await expect(find("last", [])).rejects.toThrow("no run was made yet");
});
