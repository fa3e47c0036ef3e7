import { PassThrough } from "node:stream";
import type { EventBody } from "@chaos-agents/core";
import { RunFold } from "@chaos-agents/report";
import { expect, test } from "vitest";
import type { Terminal } from "../terminal.ts";
import { costText, planText } from "./plan-text.ts";

const thing = (key: string, reversal: "exact" | "compensated") => ({
  key,
  label: `insert 10 rows into ${key}`,
  undoLabel: `delete our rows from ${key}`,
  reversal,
  cost: { rows: 10 },
});
const bodies: EventBody[] = [
  { type: "run-started", experiment: "shop", version: "1", tags: [], durationMs: 90_000, probes: [] },
  { type: "target-discovered", target: "db", kind: "database", label: "shop on db:5432", summary: "PostgreSQL 18" },
  {
    type: "planned",
    cost: { tables: 2, rows: 1_020, percent: 5 },
    faults: [
      {
        fault: "1",
        skill: "db.insert_load",
        target: "db",
        reversal: "exact",
        seen: "effect",
        at: 5_000,
        duration: 30_000,
        params: {},
        things: [thing("orders", "exact"), thing("customers", "compensated")],
      },
    ],
  },
  {
    type: "preflight-finished",
    findings: [
      {
        level: "error",
        code: "permission-missing",
        skill: "db.insert_load",
        message: "may not insert",
        remedy: "GRANT INSERT",
      },
    ],
  },
];

function plan(width: number | undefined, most?: number): string {
  const fold = new RunFold();
  for (const [i, body] of bodies.entries()) fold.add({ v: 1, run: "r", seq: i + 1, at: i, ...body });
  const terminal = { style: (_: unknown, text: string) => text, width: () => width } as unknown as Terminal;
  const stream = new PassThrough() as unknown as NodeJS.WriteStream;
  return planText(fold.state, terminal, { stream, ...(most === undefined ? {} : { most }) });
}

test("names every thing, how it is undone, what it costs and what preflight found", () => {
  expect(plan(undefined)).toBe(`Plan for shop, 1m 30s
on db: shop on db:5432 (PostgreSQL 18)

  1  db.insert_load at 5s for 30s  compensated undo
     - insert 10 rows into orders
       undo: delete our rows from orders (exact)
     - insert 10 rows into customers
       undo: delete our rows from customers

It touches 2 tables, 1,020 rows, at most 5% of what there is.

Preflight
  error: db.insert_load: may not insert
    hint: GRANT INSERT`);
});

test("fits a narrow terminal, and counts what it does not name", () => {
  const lines = plan(48, 1).split("\n");
  expect(lines.filter((line) => line.length > 48)).toEqual([]);
  expect(lines).toContain("     compensated undo");
  expect(lines).toContain("     and 1 more; --dry-run names them all");
});

test("costs are counted in words", () => {
  expect(costText({ tables: 1, rows: 1 })).toBe("1 table, 1 row");
  expect(costText({})).toBe("nothing that is counted");
});
