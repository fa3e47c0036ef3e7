import * as fc from "fast-check";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { SharedStreams } from "./shared-streams.ts";
import type { Listen, Tell } from "./source.ts";

/** A server that has written some events of every run, and remembers who listens. */
class Server {
  readonly written = new Map<string, number>();
  readonly open = new Set<{ path: string; at: number | null; tell: Tell }>();
  most = 0;

  readonly listen: Listen = ({ path, after }, tell) => {
    const line = { path, at: after, tell };
    this.open.add(line);
    this.most = Math.max(this.most, this.open.size);
    queueMicrotask(() => {
      if (!this.open.has(line)) return;
      tell({ kind: "open" });
      this.#bring();
    });
    return () => void this.open.delete(line);
  };

  write(path: string): void {
    this.written.set(path, (this.written.get(path) ?? 0) + 1);
    this.#bring();
  }

  break(): void {
    for (const line of this.open) {
      this.open.delete(line);
      line.tell({ kind: "lost" });
    }
  }

  #bring(): void {
    for (const line of this.open)
      while (this.open.has(line) && line.at !== null && line.at < (this.written.get(line.path) ?? 0)) {
        line.at += 1;
        line.tell({ kind: "event", name: "run", data: "{}", number: line.at });
      }
  }
}

/** A tab: what it heard of one run, and that it asks again when it was cut off. */
class Tab {
  readonly heard: number[] = [];
  #leave: (() => void) | null = null;
  readonly streams: SharedStreams;
  readonly path: string;

  constructor(streams: SharedStreams, path: string) {
    this.streams = streams;
    this.path = path;
    this.look();
  }

  look(): void {
    this.#leave ??= this.streams.listen({ path: this.path, after: this.heard.at(-1) ?? 0 }, (told) => {
      if (told.kind === "event") this.heard.push(told.number);
      if (told.kind === "lost") {
        this.#leave = null;
        queueMicrotask(() => this.look());
      }
    });
  }

  hide(): void {
    this.#leave?.();
    this.#leave = null;
  }
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const rules = { most: 3, turnMs: 300 };
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

test("whatever tabs, the server and time do, every tab hears every event of its run once, over few connections", async () => {
  const path = fc.constantFrom(...upTo(6).map((n) => `/runs/${n}`));
  const step = fc.oneof(
    fc.record({ do: fc.constant("write" as const), path }),
    fc.record({ do: fc.constant("open" as const), path }),
    fc.record({ do: fc.constantFrom("hide" as const, "look" as const), tab: fc.nat(8) }),
    fc.record({ do: fc.constant("wait" as const), ms: fc.nat(700) }),
    fc.record({ do: fc.constant("break" as const) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const server = new Server();
      const streams = new SharedStreams(server.listen, rules);
      const tabs: Tab[] = [];
      for (const one of steps) {
        if (one.do === "write") server.write(one.path);
        else if (one.do === "open") tabs.push(new Tab(streams, one.path));
        else if (one.do === "break") server.break();
        else if (one.do === "wait") await vi.advanceTimersByTimeAsync(one.ms);
        else tabs[one.tab]?.[one.do]();
        if (one.do !== "wait") await vi.advanceTimersByTimeAsync(0);
      }
      tabs.forEach((tab) => tab.look());
      await vi.advanceTimersByTimeAsync(10_000);
      for (const tab of tabs) server.write(tab.path);
      await vi.advanceTimersByTimeAsync(10_000);
      for (const tab of tabs) expect(tab.heard).toEqual(upTo(server.written.get(tab.path) ?? 0));
      expect(server.most).toBeLessThanOrEqual(rules.most);
      tabs.forEach((tab) => tab.hide());
      expect(server.open.size).toBe(0);
      expect(vi.getTimerCount()).toBeLessThanOrEqual(1);
    }),
    { numRuns: 300 },
  );
});

test("tabs that watch the same run share its connection, and a newcomer's past comes to nobody else", async () => {
  const server = new Server();
  const streams = new SharedStreams(server.listen, rules);
  const one = new Tab(streams, "/runs/1");
  for (const _ of upTo(5)) server.write("/runs/1");
  await vi.advanceTimersByTimeAsync(0);
  const other = new Tab(streams, "/runs/1");
  await vi.advanceTimersByTimeAsync(0);
  server.write("/runs/1");
  expect(server.open.size).toBe(1);
  expect([one.heard, other.heard]).toEqual([upTo(6), upTo(6)]);
});

test("who comes to the lists is told how everything stands, and nobody misses anything meanwhile", async () => {
  const lines: Tell[] = [];
  const closed: number[] = [];
  const streams = new SharedStreams((_, tell) => {
    const index = lines.push(tell) - 1;
    return () => void closed.push(index);
  }, rules);
  const heard: Record<string, string[]> = { one: [], other: [] };
  const hear = (name: string) =>
    streams.listen({ path: "/events", after: null }, (told) =>
      heard[name]!.push(told.kind === "event" ? told.data : told.kind),
    );
  const event = (data: string) => ({ kind: "event", name: "job", data, number: 0 }) as const;
  hear("one");
  lines[0]!({ kind: "open" });
  lines[0]!(event("state"));
  hear("other");
  lines[0]!(event("between"));
  lines[1]!({ kind: "open" });
  lines[1]!(event("state again"));
  expect(closed).toContain(0);
  expect(heard["one"]!.filter((word) => word !== "open")).toEqual(["state", "between", "state again"]);
  expect(heard["other"]).toEqual(["open", "state again"]);
  lines[1]!({ kind: "lost" });
  expect([heard["one"]!.at(-1), heard["other"]!.at(-1)]).toEqual(["lost", "lost"]);
});
