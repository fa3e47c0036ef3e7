import { EventEmitter } from "node:events";
import type { Clock, Event } from "@chaos-agents/core";
import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { RunFold } from "../fold/run-fold.ts";
import { anyEvents } from "@chaos-agents/testkit/any-events";
import { demoRun, demoStart } from "../test/demo-run.fixture.ts";
import { hostile, tainted } from "../test/hostile.fixture.ts";
import { displayWidth } from "./columns.ts";
import { liveFrame } from "./live-frame.ts";
import { createLiveView } from "./live-view.ts";
import { painter } from "./paint.ts";

class FakeTerminal extends EventEmitter {
  isTTY = true;
  columns = 100;
  rows = 40;
  writableNeedDrain = false;
  writes: string[] = [];
  write(text: string): boolean {
    this.writes.push(text);
    return true;
  }
}

/** What a terminal shows after some writes: knows the few sequences we use and fails on any other. */
function shown(writes: readonly string[]): string[] {
  const lines: string[] = [""];
  let row = 0;
  let column = 0;
  // oxlint-disable-next-line no-control-regex
  for (const [token] of writes.join("").matchAll(/\x1b\[[?0-9;]*[A-Za-z]|[\r\n]|[^\x1b\r\n]+/g)) {
    // oxlint-disable-next-line no-control-regex
    const [, count = "", command] = /^\x1b\[([?0-9;]*)([A-Za-z])$/.exec(token) ?? [];
    if (token === "\n") {
      row += 1;
      column = 0;
      lines[row] ??= "";
    } else if (token === "\r") column = 0;
    else if (command === "A") row -= Number(count);
    else if (command === "K") lines[row] = lines[row]!.slice(0, column);
    else if (command === "J") {
      lines[row] = lines[row]!.slice(0, column);
      lines.length = row + 1;
    } else if (command !== undefined) expect(["?2026"]).toContain(count);
    else {
      lines[row] = lines[row]!.slice(0, column) + token + lines[row]!.slice(column + token.length);
      column += token.length;
    }
    expect(row).toBeGreaterThanOrEqual(0);
  }
  return lines;
}

const clock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: () => Promise.reject(new Error("unused")),
};
const play = async (events: readonly Event[], add: (event: Event) => void) => {
  for (const event of events) {
    await vi.advanceTimersByTimeAsync(Math.max(0, event.at - Date.now()));
    add(event);
  }
};
const view = (stream: FakeTerminal) => createLiveView({ stream, clock, color: false, unicode: true });

beforeEach(() => {
  vi.useFakeTimers({ now: demoStart, toFake: ["setTimeout", "clearTimeout", "Date", "performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe("on a terminal", () => {
  test("redraws in place, at most ten times a second, and leaves the last picture", async () => {
    const terminal = new FakeTerminal();
    const live = view(terminal);
    await play(demoRun(), live.add.bind(live));
    expect(terminal.writes.length).toBeGreaterThan(50);
    expect(terminal.writes.length).toBeLessThanOrEqual(400);
    live.close();
    const lines = shown(terminal.writes);
    expect(lines[0]).toMatch(/^ Checkout under siege {2}20261122-093004-k7qd +Passed {2}39\.6s$/);
    expect(lines.filter((line) => line.includes("undone (exact)"))).not.toHaveLength(0);
    expect(lines.join("\n")).not.toContain("Ctrl-C");
    const written = terminal.writes.length;
    live.add(demoRun()[0]!);
    live.close();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(terminal.writes).toHaveLength(written);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("a storm of events is drawn no faster", async () => {
    const terminal = new FakeTerminal();
    const live = view(terminal);
    const [first] = demoRun();
    live.add(first!);
    for (let i = 0; i < 1_000; i++) {
      await vi.advanceTimersByTimeAsync(1);
      const values = { throughput: i };
      live.add({ v: 1, run: first!.run, seq: i + 2, at: Date.now(), type: "sampled", source: "traffic", values });
    }
    expect(terminal.writes.length).toBeLessThanOrEqual(11);
    expect(terminal.writes.length).toBeGreaterThanOrEqual(9);
    live.close();
  });

  test("clocks in the picture go on while nothing happens", async () => {
    const terminal = new FakeTerminal();
    const live = view(terminal);
    const events = demoRun().filter(({ at }) => at <= demoStart + 18_000);
    await play(events, live.add.bind(live));
    await vi.advanceTimersByTimeAsync(5_000);
    const text = shown(terminal.writes).join("\n");
    expect(text).toMatch(/db\.table_lock +public\.orders +active, 7\.\ds left/);
    expect(text).toContain("Ctrl-C stops and undoes");
    live.close();
  });

  test("keeps no process alive", () => {
    const live = view(new FakeTerminal());
    vi.useRealTimers();
    const unref = vi.spyOn(Object.getPrototypeOf(setTimeout(() => undefined, 0)) as NodeJS.Timeout, "unref");
    live.add(demoRun()[0]!);
    expect(unref).toHaveBeenCalledOnce();
    live.close();
    unref.mockRestore();
  });

  test("draws anew on the right lines after the terminal was made narrower", async () => {
    const terminal = new FakeTerminal();
    const live = view(terminal);
    await play(demoRun().slice(0, 40), live.add.bind(live));
    await vi.advanceTimersByTimeAsync(1_000);
    terminal.columns = 40;
    terminal.emit("resize");
    terminal.writes.length = 0;
    await vi.advanceTimersByTimeAsync(1_000);
    const lines = shown(terminal.writes);
    expect(lines.length).toBeGreaterThan(10);
    for (const line of lines) expect(displayWidth(line)).toBeLessThan(40);
    live.close();
  });

  test("one that does not know its size is taken as 80 by 24", async () => {
    const terminal = new FakeTerminal();
    terminal.columns = 0;
    terminal.rows = 0;
    const live = view(terminal);
    await play(demoRun(), live.add.bind(live));
    live.close();
    const lines = shown(terminal.writes).slice(0, -1);
    expect(lines.length).toBeGreaterThan(15);
    expect(lines.length).toBeLessThan(24);
    expect(displayWidth(lines[0]!)).toBe(79);
  });

  test("waits with drawing while the terminal cannot keep up", async () => {
    const terminal = new FakeTerminal();
    terminal.writableNeedDrain = true;
    const live = view(terminal);
    await play(demoRun().slice(0, 60), live.add.bind(live));
    expect(terminal.writes).toEqual([]);
    terminal.writableNeedDrain = false;
    await vi.advanceTimersByTimeAsync(1_000);
    expect(terminal.writes.length).toBeGreaterThan(0);
    live.close();
  });
});

describe.each([true, false])("when the other end is gone (terminal: %s)", (isTTY) => {
  test.each(["EPIPE", "EIO"])("%s thrown, or told later, harms nobody", async (code) => {
    const thrown = new FakeTerminal();
    thrown.isTTY = isTTY;
    thrown.write = () => {
      throw Object.assign(new Error(code), { code });
    };
    const told = new FakeTerminal();
    told.isTTY = isTTY;
    const views = [view(thrown), view(told)];
    told.emit("error", Object.assign(new Error(code), { code }));
    await play(demoRun().slice(0, 50), (event) => {
      for (const live of views) live.add(event);
    });
    for (const live of views) live.close();
    told.emit("error", Object.assign(new Error(code), { code }));
    expect(told.writes).toEqual([]);
  });
});

test("not on a terminal: plain lines, no escape codes", () => {
  const stream = new FakeTerminal();
  stream.isTTY = false;
  const live = view(stream);
  for (const event of demoRun()) live.add(event);
  live.close();
  expect(stream.writes.join("")).not.toContain("\u001b");
  expect(stream.writes).toContain("  30.2s  undo    db.table_lock public.orders  undone (exact)\n");
  expect(stream.writes.every((line) => line.endsWith("\n"))).toBe(true);
});

describe("a picture", () => {
  const picture = (events: readonly Event[], width: number, height: number, unicode = true) => {
    const fold = new RunFold();
    for (const event of events) fold.add(event);
    return liveFrame(fold.state, { t: fold.state.lastAt, width, height, paint: painter(false), unicode, live: true });
  };
  const at = (t: number) => demoRun({ stuck: true }).filter((event) => event.at <= demoStart + t);

  test("shows how far a long injection is", () => {
    expect(picture(at(7_000), 99, 40).join("\n")).toMatch(
      /◐ {2}db\.insert_load +public\.orders +█+░+ 20,000 of 50,000 rows/,
    );
    expect(picture(at(7_000), 99, 40).join("\n")).toMatch(
      /○ {2}db\.table_lock +public\.orders +waiting, starts in 6\.0s/,
    );
  });

  test("shows the undo, and what of it failed", () => {
    const text = picture(at(30_450), 99, 40).join("\n");
    expect(text).toMatch(/3 of 4 {2}1 failed/);
    expect(text).toMatch(/✘ {2}db\.config_change +work_mem +NOT undone/);
    expect(text).toMatch(/◑ {2}db\.insert_load +public\.orders +undoing/);
  });

  test("has no bar for the undo while faults still come and go: their rows say it", () => {
    const text = (t: number) => picture(at(t), 99, 40).join("\n");
    expect(text(20_000)).not.toMatch(/ Undo\n/);
    expect(text(30_450)).toMatch(/ Undo\n/);
    expect(text(35_000)).toMatch(/ Undo\n/);
  });

  test("names a probe in full before it says its limits", () => {
    expect(picture(at(20_000), 79, 40).join("\n")).not.toContain("within");
    expect(picture(at(20_000), 119, 40).join("\n")).toContain("within 500 ms");
  });

  test("names the present phase, and what there is room for around it", () => {
    expect(picture(at(20_000), 99, 40)[1]).toBe(
      " ✔ discover  ✔ plan  ✔ preflight  ✔ steady-state  ✔ inject  ● observe  ○ undo  ○ verify",
    );
    expect(picture(at(20_000), 40, 40)[1]).toBe(" ✔ inject  ● observe  ○ undo  ○ verify");
    expect(picture(at(20_000), 20, 40)[1]).toBe(" ● observe  ○ undo");
  });

  test("needs no Unicode", () => {
    // oxlint-disable-next-line no-control-regex
    expect(picture(at(20_000), 80, 40, false).join("\n")).toMatch(/^[\x0a\x20-\x7e]*$/);
  });

  test("is never wider nor higher than the terminal, whatever is in it", () => {
    const size = [fc.integer({ min: 20, max: 160 }), fc.integer({ min: 4, max: 50 })] as const;
    const runs = fc.oneof(anyEvents, fc.constant(tainted(demoRun(), hostile)));
    fc.assert(
      fc.property(runs, ...size, (events, width, height) => {
        const lines = picture(events, width, height);
        expect(lines.length).toBeLessThanOrEqual(height);
        for (const line of lines) {
          expect(displayWidth(line)).toBeLessThanOrEqual(width);
          // oxlint-disable-next-line no-control-regex
          expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/);
        }
      }),
    );
  });
});
