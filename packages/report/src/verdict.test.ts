import { verdictSchema } from "@chaos-agents/core";
import { expect, test } from "vitest";
import { foldRun } from "./fold/run-fold.ts";
import { furtherReason } from "./fold/summarise.ts";
import { type DemoRun, demoRun } from "./test/demo-run.fixture.ts";
import { exitCodeOf, exitCodes } from "./verdict.ts";

test("every verdict has its exit code", () => {
  expect(Object.keys(exitCodes).toSorted()).toEqual(verdictSchema.options.toSorted());
  expect(exitCodes).toEqual({
    passed: 0,
    observed: 0,
    unlanded: 1,
    refused: 1,
    deviated: 3,
    "rollback-incomplete": 4,
    guarded: 5,
    halted: 5,
    interrupted: 130,
  });
});

test("a refusal is the experiment's fault only where it asks for what it may not have", () => {
  const finding = { level: "error", code: "blast-radius-exceeded", message: "too many rows" } as const;
  expect(exitCodeOf({ verdict: "refused", findings: [finding] })).toBe(2);
  expect(exitCodeOf({ verdict: "refused", findings: [{ ...finding, level: "warning" }] })).toBe(1);
  expect(exitCodeOf({ verdict: "passed", findings: [finding] })).toBe(0);
  expect(foldRun(demoRun({ refused: true })).exitCode).toBe(1);
});

test.each([
  [
    {},
    "passed",
    0,
    /^All 4 faults landed\. All 4 changes are undone: 3 identical to before, 1 compensated\. Steady again 1\.44 s after the undo\.$/,
  ],
  [{ faults: false }, "observed", 0, /only watched/],
  [{ deviated: true }, "deviated", 3, /^The steady state did not hold/],
  [{ unlanded: true }, "unlanded", 1, /^3 of 4 faults landed/],
  [{ guardAt: 21_000 }, "guarded", 5, /connections left: 1 is not >= 3/],
  [
    { interruptAt: 14_100 },
    "interrupted",
    130,
    /^Stopped early \(SIGINT\)\. 3 of 4 faults landed; db\.config_change had not begun\. All 3 changes are undone/,
  ],
  [{ stuck: true }, "rollback-incomplete", 4, /^1 of 4 changes is still there/],
] as const)("%j ends %s with exit code %i", (options, verdict, exitCode, summary) => {
  const report = foldRun(demoRun(options));
  expect(report).toMatchObject({ verdict, exitCode });
  expect(report.summary).toMatch(summary);
});

test("a reason stands below the summary only where it says more", () => {
  const reasonOf = (options: DemoRun) => furtherReason(foldRun(demoRun(options)));
  expect(reasonOf({ unlanded: true })).toBe("db.config_change on work_mem did not land");
  expect(reasonOf({ refused: true })).toBe("the role chaos may not change work_mem");
  for (const options of [{}, { guardAt: 21_000 }, { interruptAt: 14_100 }, { stuck: true }, { killedAt: 17_000 }])
    expect(reasonOf(options)).toBeNull();
  const recovered = foldRun(demoRun({ killedAt: 17_000, recoveredAfter: 60_000 }));
  expect(recovered.summary).toMatch(
    /^The run was cut off before its end\. All 4 faults landed\. All 4 changes are undone/,
  );
});

test("a run that was stopped says of every fault what is known of it", () => {
  const summaryOf = (options: DemoRun) => foldRun(demoRun(options)).summary;
  const named = { interruptAt: 7_000 };
  expect(summaryOf(named)).toBe(
    "Stopped early (SIGINT). 0 of 4 faults landed; db.insert_load was still being made, nobody knows whether it landed; " +
      "db.connection_flood, db.table_lock and db.config_change had not begun. The change is undone, compensated. " +
      "Steady again 1.44 s after the undo.",
  );
  const unrecorded = demoRun(named).filter(({ type }) => !/^undo-|^verified/.test(type));
  expect(foldRun(unrecorded).summary).toContain("landed; db.insert_load was stopped before it changed anything; ");
  // made, and stopped before anybody looked
  expect(summaryOf({ interruptAt: 16_250 })).toMatch(
    /^Stopped early \(SIGINT\)\. 3 of 4 faults landed; db\.config_change was made, nobody looked whether it landed\. All 4/,
  );
  expect(summaryOf({ guardAt: 21_000 })).toMatch(/\. All 4 faults landed\. All 4 changes are undone/);
  expect(summaryOf({ unlanded: true, interruptAt: 21_000 })).toContain("landed; db.config_change did not land.");
  const twice = demoRun(named).map((event) =>
    event.type === "planned"
      ? { ...event, faults: event.faults.map((fault) => ({ ...fault, skill: "db.insert_load" })) }
      : event,
  );
  expect(foldRun(twice).summary).toContain("db.insert_load (3 times) had not begun");
});

test("two are both", () => {
  const { summary } = foldRun(demoRun({ interruptAt: 10_500 }));
  expect(summary).toMatch(/Both changes are undone: 1 identical to before, 1 compensated/);
});

test("nothing is called identical that is not exact, verified and without remains", () => {
  const exact = demoRun().filter((event) => !("fault" in event) || event.fault === "3");
  const all = exact.map((event) => (event.type === "planned" ? { ...event, faults: event.faults.slice(2, 3) } : event));
  expect(foldRun(all).summary).toContain("identical");
  expect(foldRun(all.filter(({ type }) => type !== "verified")).summary).not.toContain("identical");
  const left = all.map((event) => (event.type === "verified" ? { ...event, residues: ["a lock"] } : event));
  expect(foldRun(left).summary).not.toContain("identical");
  const worthLess = all.map((event) =>
    event.type === "planned"
      ? {
          ...event,
          faults: event.faults.map((f) => ({
            ...f,
            things: f.things.map((t) => ({ ...t, reversal: "compensated" as const })),
          })),
        }
      : event,
  );
  expect(foldRun(worthLess).summary).not.toContain("identical");
});
