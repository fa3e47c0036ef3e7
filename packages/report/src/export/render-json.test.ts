import { expect, test } from "vitest";
import { foldRun } from "../fold/run-fold.ts";
import { demoRun } from "../test/demo-run.fixture.ts";
import { renderJson } from "./render-json.ts";

test("the JSON report keeps its shape", () => {
  const report = JSON.parse(renderJson(foldRun(demoRun({ stuck: true })))) as Record<string, unknown>;
  const fields =
    "checks cost disturbed exitCode faults figures findings format header hurries lastAt left phases probes reason " +
    "recovery remedy retry run sessions sources stops summary targets trips undos verdict";
  expect(Object.keys(report).toSorted().join(" ")).toBe(fields);
  expect(report).toMatchObject({
    format: 1,
    verdict: "rollback-incomplete",
    exitCode: 4,
    retry: "chaos recover 20261122-093004-k7qd",
    disturbed: { from: 5_500, until: 31_277 },
    figures: { faults: { landed: 4 }, undos: { exact: 2, conflict: 1, failed: 1 } },
    left: [{ fault: "4", undo: 4, thing: "work_mem" }],
  });
});

test("what was not measured is null", () => {
  const report = JSON.parse(renderJson(foldRun(demoRun({ refused: true }))));
  expect(report).toMatchObject({ recovery: null, disturbed: { from: null, until: null } });
  expect(report.figures).toMatchObject({ recoveryMs: null, worstP95: null, errors: null });
});
