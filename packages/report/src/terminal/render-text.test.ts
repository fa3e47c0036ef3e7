import { expect, test } from "vitest";
import { foldRun } from "../fold/run-fold.ts";
import { demoRun } from "../test/demo-run.fixture.ts";
import { hostile, hostileLong, tainted } from "../test/hostile.fixture.ts";
import { displayWidth } from "./columns.ts";
import { createEventLines } from "./event-lines.ts";
import { renderText } from "./render-text.ts";

const plain = { color: false, width: 100 };
// oxlint-disable-next-line no-control-regex
const controls = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/;

test("the text report tells what a person asks", () => {
  const text = renderText(foldRun(demoRun({ stuck: true })), plain);
  for (const words of [
    /^✘ Rollback incomplete {2}Checkout under siege\n/,
    /\n +Seed +4711\n/,
    /Faults landed +4 of 4 +effect of 3 seen, 1 accepted/,
    /throughput +[▁-█]{32} +861 +351 +864 +1,151 {2}\/s\n/,
    /catalogue answers +held 1\/1 ok +held 26\/26 ok +held 8\/8 ok/,
    /an order can be placed +held 1\/1 ok +not required 9\/26 ok/,
    /✔ {2}db\.config_change +work_mem +accepted/,
    /✘ {2}db\.config_change +work_mem +NOT undone/,
    /! {2}db\.insert_load +public\.orders +conflict, theirs was kept/,
    /db\.table_lock +public\.orders +identical \(exact\)/,
    /Still to be put back\n.*work_mem.*\n.*permission denied/,
    /\n {2}chaos recover 20261122-093004-k7qd\n$/,
  ]) {
    expect(text).toMatch(words);
  }
});

test.each([30, 40, 60, 100, 300])("at %i columns no line is too long, nor speaks to the terminal", (width) => {
  const events = demoRun({ stuck: true, unlanded: true });
  for (const run of [events, tainted(events, width === 60 ? hostileLong : hostile)]) {
    for (const line of renderText(foldRun(run), { color: false, width }).split("\n")) {
      expect(displayWidth(line)).toBeLessThanOrEqual(Math.min(width, 120));
      expect(line).not.toMatch(controls);
    }
  }
});

test("where there is no room for them, the bars get shorter, then go; no number is cut", () => {
  const report = foldRun(demoRun());
  const line = (width: number) =>
    renderText(report, { color: false, width })
      .split("\n")
      .find((one) => one.startsWith("  p95"))!;
  expect(line(80)).toMatch(/^ {2}p95 +[▁-█]{26} +11\.1 ms +1\.81 s +11 ms +2\.05 s$/);
  expect(line(56)).toMatch(/^ {2}p95 +11\.1 ms +1\.81 s +11 ms +2\.05 s$/);
});

test("colour is only there when asked for", () => {
  const report = foldRun(demoRun());
  expect(renderText(report, plain)).not.toContain("\u001b");
  expect(renderText(report, { ...plain, color: true })).toContain("\u001b[32m✔ Passed\u001b[39m");
  const ascii = renderText(report, { ...plain, unicode: false });
  expect(ascii).toMatch(/^\+ Passed/);
  expect(ascii).not.toMatch(/[▁-█✔…]/);
});

test("plain lines: one for every event worth one", () => {
  const lineOf = createEventLines({ color: false });
  const lines = demoRun({ guardAt: 21_000 })
    .map(lineOf)
    .filter((line) => line !== undefined);
  expect(lines.slice(0, 3)).toEqual([
    "   0.0s  run     Checkout under siege  run 20261122-093004-k7qd, for 25s",
    "   0.0s  phase   discover",
    "   0.2s  target  shop  shop on 127.0.0.1:5432: PostgreSQL 18.4, 6 tables, 48 MB",
  ]);
  expect(lines).toContain("  21.2s  undo    db.table_lock public.orders  undone (exact)");
  expect(lines).toContain("  21.0s  guard   connections left  tripped: 1 is not >= 3");
  expect(lines.at(-1)).toBe("  30.6s  end     guarded  connections left: 1 is not >= 3");
  expect(lines.length).toBeLessThan(45);
});

test("a probe is told of when it changes its mind; `all` tells of everything", () => {
  const events = demoRun();
  const lineOf = createEventLines({ color: false });
  const probes = events.map(lineOf).filter((line) => line?.includes("an order can be placed"));
  expect(probes).toHaveLength(2);
  const allOf = createEventLines({ color: false, all: true });
  expect(events.map(allOf).filter((line) => line !== undefined)).toHaveLength(events.length);
});

test("a name cannot speak to the terminal through a line", () => {
  const lineOf = createEventLines({ color: false, all: true });
  for (const event of tainted(demoRun(), hostile)) expect(lineOf(event)).not.toMatch(controls);
});
