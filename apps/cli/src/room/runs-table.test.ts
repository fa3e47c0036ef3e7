import { stripVTControlCharacters } from "node:util";
import type { RunSummary } from "@chaos-agents/engine";
import { displayWidth } from "@chaos-agents/report";
import { expect, test } from "vitest";
import { lookOf } from "./look.ts";
import { matches, runsTable, stateOf } from "./runs-table.ts";

const look = lookOf(false, true);
const began = new Date(2026, 10, 22, 9, 30).getTime();
const summary = (more: Partial<RunSummary> = {}): RunSummary => ({
  run: "20261122-093000-abcdef",
  experiment: "checkout",
  file: null,
  startedAt: began,
  finishedAt: began + 12_300,
  verdict: "passed",
  phase: null,
  live: false,
  pending: 0,
  damaged: null,
  ...more,
});
const shelved = (more: Partial<RunSummary> = {}) => ({
  run: more.run ?? "20261122-093000-abcdef",
  summary: summary(more),
});
const table = (runs: ReturnType<typeof shelved>[], width: number, chosen: string | null = null) =>
  runsTable(runs, { width, look, now: began + 60_000, chosen });

const names = [
  "short",
  "実験の名前がとても長いのでここには入りません".repeat(3),
  "e\u0301".repeat(90),
  "x".repeat(300),
  "a\u001b[31mb\nc",
];

test.for([80, 120, 60, 30, 200])("at %s columns every line fits, and columns stand below each other", (width) => {
  const lines = table(
    names.map((experiment, index) => shelved({ experiment, run: `run-${index}` })),
    width,
  ).map(stripVTControlCharacters);
  for (const line of lines) {
    expect(displayWidth(line)).toBeLessThan(width);
    // oxlint-disable-next-line no-control-regex
    expect(line).not.toMatch(/[\u0000-\u001f]/);
  }
  const starts = lines.slice(1).map((line) => displayWidth(line.slice(0, line.indexOf("Passed"))));
  expect(new Set(starts).size).toBe(1);
});

test("80 columns tell name, state, start and how long; 120 the id too", () => {
  const [head, row] = table([shelved()], 80, "20261122-093000-abcdef");
  expect(head).toMatch(/^ {4}EXPERIMENT +STATE +STARTED +TOOK$/);
  expect(row).toMatch(/^› ✔ checkout +Passed +11-22 09:30 +12\.3s$/);
  expect(table([shelved()], 120)[1]).toMatch(
    /^ {2}✔ checkout .* 2026-11-22 09:30 .* 12\.3s {2}20261122-093000-abcdef$/,
  );
});

test("how a run stands has its words and its colour", () => {
  const said = (more: Partial<RunSummary>) => stateOf(summary(more), look);
  expect(said({})).toEqual(["✔", "good", "Passed"]);
  expect(said({ verdict: "halted" })).toEqual(["!", "warn", "Halted"]);
  expect(said({ live: true, verdict: null, phase: "undo", pending: 2 })).toEqual(["●", "accent", "undo, 2 to undo"]);
  expect(said({ verdict: null, pending: 1 })).toEqual(["✘", "bad", "killed, 1 to undo"]);
  expect(said({ verdict: "rollback-incomplete", pending: 3 })).toEqual(["✘", "bad", "Rollback incomplete, 3 to undo"]);
  expect(said({ verdict: null })).toEqual(["!", "warn", "killed, nothing to undo"]);
  expect(said({ damaged: "torn" })).toEqual(["✘", "bad", "journal damaged"]);
});

test("a search takes every word, anywhere", () => {
  const run = summary({ experiment: "Lock the orders", verdict: "guarded" });
  for (const found of ["lock", "ORDERS lock", "20261122", "guard orders"]) expect(matches(run, found, look)).toBe(true);
  for (const not of ["lock customers", "passed"]) expect(matches(run, not, look)).toBe(false);
  expect(matches(null, "lock", look)).toBe(false);
});
