import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { link, mkdir, readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { newRunId } from "@chaos-agents/engine";
import { openStore } from "@chaos-agents/journal";
import pLimit from "p-limit";
import { root } from "./chaos.ts";
import { type BenchRow, median, quantile } from "./table.ts";

const watchers = 50;
const queued = 200;
const manyRuns = 1_000;
const history = 10_000;
const asked = 400;

const chaos = join(root, "dist/chaos-agents/chaos");

/** The control room as `make build` makes it, under many watchers, a long queue and a long history. */
export async function roomRows(home: string): Promise<BenchRow[]> {
  execFileSync(process.execPath, [join(root, "apps/cli/build.ts")], { cwd: root, stdio: "ignore" });
  const rows: BenchRow[] = [];
  {
    await using room = await Room.open(join(home, "watched"));
    rows.push(await seenRow(room));
  }
  {
    await using room = await Room.open(join(home, "queue"));
    const idle = await room.memory();
    rows.push(...(await queueRows(room)));
    await makeRuns(room, manyRuns / 2);
    const half = await room.memory();
    await makeRuns(room, manyRuns / 2);
    rows.push(memoryRow(idle, half, await room.memory()));
  }
  rows.push(await historyRow(join(home, "history")));
  return rows;
}

const milliseconds = (ms: number) => `${ms.toFixed(ms < 10 ? 1 : 0)} ms`;
const megabytes = (bytes: number) => `${Math.round(bytes / 1e6)} MB`;

/** From the moment that stands in an event to the moment that each of many has it. */
async function seenRow(room: Room): Promise<BenchRow> {
  const run = await room.start(experiment("watched", "15s", room.port));
  const late: number[] = [];
  await Promise.all(
    Array.from({ length: watchers }, async () => {
      for await (const { at } of room.events(run)) late.push(Date.now() - at);
    }),
  );
  // what was written before somebody came to watch is no news
  const seen = late.toSorted((a, b) => a - b);
  const p99 = quantile(seen, 0.99);
  return {
    what: `event written → seen, ${watchers} watchers, ${(late.length / watchers).toFixed(0)} events`,
    ours: `p50 ${milliseconds(median(seen))} p99 ${milliseconds(p99)}`,
    rival: "–",
    ratio: null,
    aim: "p99 ≤ 250 ms",
    met: p99 <= 250,
  };
}

async function queueRows(room: Room): Promise<BenchRow[]> {
  const took: number[] = [];
  const timed = async (method: string, path: string, body?: unknown) => {
    const started = performance.now();
    await room.ask(method, path, body);
    took.push(performance.now() - started);
  };
  const text = experiment("queued", "500ms", room.port);
  await Promise.all(Array.from({ length: queued }, () => room.ask("POST", "/runs", { text })));
  const paths = ["/runs", "/jobs", "/machine", "/jobs?state=queued&limit=200", "/runs?q=queued"];
  for (let n = 0; n < asked; n++) {
    await timed("GET", paths[n % paths.length]!);
    await delay(25);
  }
  const waiting = (await room.ask("GET", "/jobs?state=queued&limit=500")).length as number;
  const p99 = quantile(took, 0.99);
  return [
    {
      what: `API beside ${queued} queued runs (${waiting} still were at the end)`,
      ours: `p50 ${milliseconds(median(took))} p99 ${milliseconds(p99)}`,
      rival: "–",
      ratio: null,
      aim: "p99 ≤ 100 ms",
      met: p99 <= 100,
    },
  ];
}

function memoryRow(idle: number, half: number, whole: number): BenchRow {
  return {
    what: `memory: idle, after ${manyRuns / 2} runs, after ${manyRuns}`,
    ours: [idle, half, whole].map(megabytes).join(", "),
    rival: "–",
    ratio: whole / half,
    aim: "≤ 120 MB, and flat",
    met: Math.max(idle, half, whole) <= 120e6 && whole <= 1.1 * half,
  };
}

async function historyRow(home: string): Promise<BenchRow> {
  const took: number[] = [];
  await makeHistory(home);
  await using room = await Room.open(home);
  while ((await room.ask("GET", "/runs?limit=1")).total < history) await delay(100);
  for (let n = 0; n < 100; n++) {
    const started = performance.now();
    await room.ask("GET", n % 2 ? "/runs?limit=50" : "/runs?limit=50&q=7");
    took.push(performance.now() - started);
  }
  const p99 = quantile(took, 0.99);
  return {
    what: `page of ${history.toLocaleString("en")} runs, every other one a search`,
    ours: `p50 ${milliseconds(median(took))} p99 ${milliseconds(p99)}`,
    rival: "–",
    ratio: null,
    aim: "≤ 200 ms",
    met: p99 <= 200,
  };
}

const experiment = (name: string, duration: string, port: number) => {
  const probe = { name: "port", type: "tcp", port, every: "100ms" };
  return JSON.stringify({ experiments: [{ name, duration, steady_state: [probe] }] });
};

/** Journals as runs write them, and the room has read. */
async function makeRuns({ home, ask }: Pick<Room, "home" | "ask">, count: number): Promise<void> {
  const store = openStore(home);
  const limit = pLimit(4);
  const before = (await ask("GET", "/runs?limit=1")).total as number;
  const one = async () => {
    const run = newRunId(Date.now());
    const header = { run, experiment: "made", source: {}, secrets: {}, startedAt: Date.now() };
    await using journal = await store.create(header, { redact: (text) => text });
    await journal.append({
      type: "run-started",
      experiment: "made",
      version: "1",
      durationMs: 1,
      tags: [],
      probes: [],
    });
    for (let n = 0; n < 20; n++) await journal.append({ type: "sampled", source: "shop", values: { rate: n } });
    await journal.append({ type: "run-finished", verdict: "observed", reason: "it is over", left: [] });
    journal.releaseReserve();
  };
  await Promise.all(Array.from({ length: count }, () => limit(one)));
  while ((await ask("GET", "/runs?limit=1&state=ended")).total < before + count) await delay(100);
}

/** One run, under many names. */
async function makeHistory(home: string): Promise<void> {
  const one = spawn(chaos, ["run", "-", "--yes", "--json"], {
    env: { ...process.env, CHAOS_HOME: home },
    stdio: ["pipe", "ignore", "ignore"],
  });
  one.stdin.end(
    JSON.stringify({
      experiments: [
        { name: "one of many", duration: "100ms", steady_state: [{ name: "true", type: "command", argv: ["true"] }] },
      ],
    }),
  );
  await new Promise((resolve) => one.once("close", resolve));
  const runs = join(home, "runs");
  const [first] = await readdir(runs);
  const files = await readdir(join(runs, first!));
  for (let n = 1; n < history; n++) {
    const folder = join(runs, `20260101-000000-${n.toString(16).padStart(6, "0")}`);
    await mkdir(folder);
    for (const file of files) await link(join(runs, first!, file), join(folder, file));
  }
}

/** `chaos server` on a port of its own. */
class Room implements AsyncDisposable {
  readonly port: number;
  readonly home: string;
  readonly #token: string;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, home: string, port: number, token: string) {
    this.#child = child;
    this.home = home;
    this.port = port;
    this.#token = token;
  }

  static async open(home: string): Promise<Room> {
    const child = spawn(chaos, ["server", "--port", "0"], {
      env: { ...process.env, CHAOS_HOME: home },
      stdio: ["ignore", "pipe", "ignore"],
    });
    for await (const line of createInterface({ input: child.stdout })) {
      const [, port, token] = /:(\d+)\/\?token=(\S+)/.exec(line) ?? [];
      if (port && token) return new Room(child, home, Number(port), token);
    }
    throw new Error("the control room did not open");
  }

  readonly ask = async (method: string, path: string, body?: unknown): Promise<any> => {
    const answer = await fetch(`http://127.0.0.1:${this.port}/api/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.#token}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return await answer.json();
  };

  async start(text: string): Promise<string> {
    const { jobs } = await this.ask("POST", "/runs", { text });
    return jobs[0].run;
  }

  async *events(run: string): AsyncGenerator<{ at: number }> {
    const answer = await fetch(`http://127.0.0.1:${this.port}/api/v1/runs/${run}/events`, {
      headers: { authorization: `Bearer ${this.#token}` },
    });
    let rest = "";
    for await (const chunk of answer.body!.pipeThrough(
      new TextDecoderStream() as any,
    ) as unknown as AsyncIterable<string>) {
      const blocks = (rest + chunk).split("\n\n");
      rest = blocks.pop()!;
      for (const block of blocks) {
        const [, data] = /^event: run\ndata: (.*)$/m.exec(block) ?? [];
        if (data) yield JSON.parse(data);
      }
    }
  }

  /** Resident, as the kernel counts it. */
  async memory(): Promise<number> {
    await delay(2_000);
    const status = await readFile(`/proc/${this.#child.pid}/status`, "utf8");
    return Number(/VmRSS:\s+(\d+)/.exec(status)![1]) * 1_024;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await new Promise((resolve) => this.#child.once("close", resolve));
  }
}
