import { execFileSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Event, EventBody } from "@chaos-agents/core";
import { findProgram } from "@chaos-agents/testkit";
import { chromium, type Page } from "playwright-core";
import { root } from "./chaos.ts";
import { type BenchRow, median, quantile } from "./table.ts";

const series = 8;
const perSecond = 10;
const seconds = 600;
const watchedMs = 6_000;
const turns = 3;
const pages = join(root, "apps/web/dist");
const run = "20260101-000000-aaaa";
/** One interval of a 60 Hz display, and what a clock may be off. */
const onTime = 16.7 + 1;

/** A run's page with ten minutes of probes, to which more come, beside a page that does nothing but ask for frames. */
export async function chartRows(): Promise<BenchRow[]> {
  const program = findProgram("chromium", "chromium-browser", "google-chrome");
  if (!program) throw new Error("there is no Chromium (Debian package chromium)");
  execFileSync("npm", ["run", "build", "-w", "apps/web"], { cwd: root, stdio: "ignore" });
  await using server = await serve();
  await using browser = await chromium.launch({ executablePath: program, args: ["--no-sandbox"] });
  const open = async (path: string) => {
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    await page.goto(`${server.url}${path}`);
    return page;
  };
  const empty = await open("/empty");
  const charts = await open(`/runs/${run}`);
  await charts
    .locator("canvas")
    .nth(series - 1)
    .waitFor();
  // all that has been is there
  await charts.getByText(/^10m 0\ds of about/).waitFor({ timeout: 120_000 });
  await charts.locator("canvas").first().scrollIntoViewIfNeeded();
  server.goOn();
  const found = { updates: [] as Watched[], cursor: [] as Watched[], empty: [] as Watched[] };
  for (let turn = -1; turn < turns; turn++) {
    for (const what of ["empty", "updates", "cursor"] as const) {
      const page = what === "empty" ? empty : charts;
      await page.bringToFront();
      const watched = await watch(page, what === "cursor" ? () => point(page) : undefined);
      if (turn >= 0) found[what].push(watched);
    }
  }
  const bare = whole(found.empty);
  return (["updates", "cursor"] as const).map((what) => row(what, whole(found[what]), bare));
}

interface Watched {
  frames: number[];
  long: number[];
}

/** The page's own frames, and the tasks that kept it from making some. */
async function watch(page: Page, meanwhile?: () => Promise<unknown>): Promise<Watched> {
  const watching = page.evaluate<Watched>(`new Promise((resolve) => {
    const frames = [], long = [];
    const tasks = new PerformanceObserver((list) => long.push(...list.getEntries().map(({ duration }) => duration)));
    tasks.observe({ type: "longtask" });
    let last = performance.now();
    const until = last + ${watchedMs};
    requestAnimationFrame(function look(now) {
      frames.push(now - last);
      last = now;
      if (now < until) return requestAnimationFrame(look);
      tasks.disconnect();
      resolve({ frames: frames.slice(1), long });
    });
  })`);
  const over = new AbortController();
  const ended = watching.finally(() => over.abort());
  if (meanwhile) while (!over.signal.aborted) await meanwhile();
  return await ended;
}

let pointed = 0;
/** A pointer that goes to and fro over a chart, as often as the screen is drawn. */
async function point(page: Page): Promise<void> {
  const box = (await page.locator("canvas").first().boundingBox())!;
  for (let step = 0; step < 60; step++) {
    const share = Math.abs((pointed++ % 200) - 100) / 100;
    await page.mouse.move(box.x + 80 + share * (box.width - 120), box.y + box.height / 2);
    await delay(12);
  }
}

interface Figures {
  share: number;
  p99: number;
  long: number;
  longest: number;
}

function whole(all: readonly Watched[]): Figures {
  const frames = all.flatMap((watched) => watched.frames);
  const perTurn = all.map(({ frames }) => frames.filter((ms) => ms <= onTime).length / frames.length);
  return {
    share: median(perTurn),
    p99: median(all.map((watched) => quantile(watched.frames, 0.99))),
    long: all.reduce((sum, { long }) => sum + long.length, 0),
    longest: frames.reduce((most, ms) => Math.max(most, ms), 0),
  };
}

const words = ({ share, p99, long, longest }: Figures) =>
  `${(share * 100).toFixed(1)} % of frames on time, p99 ${p99.toFixed(1)} ms, longest ${longest.toFixed(0)} ms, ${long} long tasks`;

const row = (what: "updates" | "cursor", ours: Figures, bare: Figures): BenchRow => ({
  what: `charts of ${(series * perSecond * seconds).toLocaleString("en")} points, ${series * perSecond} more a second${what === "cursor" ? ", under a pointer" : ""}`,
  ours: words(ours),
  rival: `empty page: ${words(bare)}`,
  ratio: ours.p99 / bare.p99,
  aim: "60 fps: p99 one frame",
  met: ours.p99 <= onTime,
});

/** The built pages, and as much of the API as one run's page asks for: the charts alone are measured. */
async function serve() {
  const began = Date.now() - seconds * 1_000;
  const past = eventsUpTo(began, seconds * perSecond);
  const told = { run, experiment: "ten minutes", file: null, startedAt: began, finishedAt: null, verdict: null };
  const answers: Record<string, unknown> = {
    "/session": { name: "bench" },
    "/machine": {
      version: "0",
      hostname: "bench",
      home: "/",
      halted: null,
      agents: [],
      folders: [],
      atOnce: 1,
      notices: [],
    },
    "/jobs": [],
    [`/runs/${run}`]: { ...told, phase: "observe", live: true, pending: 0, damaged: null },
  };
  const following = new Set<ServerResponse>();
  const types: Record<string, string> = { ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml" };
  const tell = async (url: string, answer: ServerResponse) => {
    const path = url.split("?")[0]!;
    if (path === "/empty") return answer.end("<!doctype html><title>empty</title>");
    const api = /^\/api\/v1(.*)$/.exec(path)?.[1];
    if (api === undefined) {
      const type = types[extname(path)];
      answer.setHeader("content-type", type ?? "text/html");
      return answer.end(await readFile(join(pages, type ? path : "index.html")));
    }
    if (api.endsWith("/events")) {
      answer.writeHead(200, { "content-type": "text/event-stream" });
      answer.write("\n");
      if (api === "/events") return;
      const after = Number(new URLSearchParams(url.split("?")[1]).get("after"));
      answer.write(past.slice(after).map(said).join(""));
      following.add(answer);
      answer.once("close", () => following.delete(answer));
      return;
    }
    answer.setHeader("content-type", "application/json");
    if (!(api in answers)) answer.statusCode = 404;
    answer.end(JSON.stringify(answers[api] ?? { code: "not-found", message: "it is not there" }));
  };
  const server = createServer(({ url = "/" }, answer) => void tell(url, answer));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  let more: ReturnType<typeof setInterval> | undefined;
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** From now on the run is told as it goes on. */
    goOn() {
      more = setInterval(() => {
        const fresh = asked(past.length, Date.now());
        past.push(...fresh);
        for (const answer of following) answer.write(fresh.map(said).join(""));
      }, 1_000 / perSecond);
    },
    async [Symbol.asyncDispose]() {
      clearInterval(more);
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const said = (event: Event) => `id: ${event.seq}\nevent: run\ndata: ${JSON.stringify(event)}\n\n`;

/** Every probe once. They differ in what is usual, and now and then one is slow or fails. */
function asked(before: number, at: number): Event[] {
  return Array.from({ length: series }, (_, probe) => {
    const n = before + probe;
    const latencyMs = (probe + 1) * (3 + Math.sin(n / 700)) * (n % 97 === 0 ? 9 : 1 + ((n * 7_919) % 101) / 100);
    const ok = n % 211 !== 0;
    const answer = { probe: `probe ${probe + 1}`, ok, value: ok ? 200 : null, latencyMs, detail: "200 OK" };
    return { v: 1, run, seq: n + 1, at, type: "probe-answered", role: "steady-state", ...answer };
  });
}

function eventsUpTo(began: number, rounds: number): Event[] {
  const probes = Array.from({ length: series }, (_, probe) => {
    return {
      probe: `probe ${probe + 1}`,
      kind: "http",
      role: "steady-state" as const,
      expect: "== 200",
      maxLatencyMs: 200,
    };
  });
  const opening: EventBody[] = [
    { type: "run-started", experiment: "ten minutes", version: "0", durationMs: 3_600_000, tags: [], probes },
    { type: "phase-started", phase: "inject" },
    { type: "phase-started", phase: "observe" },
  ];
  const events: Event[] = opening.map((body, index) => ({ v: 1, run, seq: index + 1, at: began, ...body }));
  for (let round = 1; round <= rounds; round++)
    events.push(...asked(events.length, began + (round * 1_000) / perSecond));
  return events;
}
