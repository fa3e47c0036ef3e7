import { expect, test } from "vitest";
import type { FaultReport } from "../report.ts";
import { faultBar } from "./fault-bar.ts";

const fault = (more: Partial<FaultReport>) =>
  ({
    state: "waiting",
    startedAt: null,
    activeFrom: null,
    undoStartedAt: null,
    undoneAt: null,
    planned: { at: null, duration: null },
    errors: [],
    ...more,
  }) as FaultReport;
const span = { from: 0, until: 100, now: 50 };
const bar = (more: Partial<FaultReport>, now = 50) => faultBar(fault(more), { ...span, now }, 10, true);

test("what is meant, what was made, what stands, what is undone", () => {
  expect(bar({})).toBe("·····░░░░░");
  expect(bar({ planned: { at: 60, duration: 20 } })).toBe("······░░··");
  expect(bar({ startedAt: 10, activeFrom: 30 })).toBe("·▒▒██░░░░░");
  expect(bar({ startedAt: 10, activeFrom: 30, undoStartedAt: 40 })).toBe("·▒▒█▒░░░░░");
  expect(bar({ startedAt: 10, activeFrom: 20, undoStartedAt: 40, undoneAt: 45 })).toBe("·▒██▒·····");
  expect(bar({ startedAt: 0, activeFrom: 0, undoneAt: 100 }, 100)).toBe("██████████");
  expect(bar({ state: "failed", startedAt: 10, errors: [{ t: 25 }] as never })).toMatch(/^·▒▒/);
});

test("without Unicode", () => {
  expect(faultBar(fault({ startedAt: 10, activeFrom: 30, undoStartedAt: 40 }), span, 10, false)).toBe(".==#=-----");
});
