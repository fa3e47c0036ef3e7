import { mkdir, mkdtempDisposable, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { catalog } from "@chaos-agents/catalog";
import { type Event, seededRandom, systemClock } from "@chaos-agents/core";
import { StopSource, newRunId, runExperiment } from "@chaos-agents/engine";
import { invalidFileError, parseExperimentFile } from "@chaos-agents/experiment-file";
import { openStore } from "@chaos-agents/journal";
import { createLiveView, foldRun, renderHtml, renderJson, renderJunit, renderText } from "@chaos-agents/report";
import manifest from "../package.json" with { type: "json" };
import { openControlRoom } from "./control-room.ts";
import { type OpenShop, openShop } from "./demo.ts";
import { renderProof } from "./proof/render-proof.ts";
import { trafficObserver } from "./traffic/traffic.ts";

const file = join(import.meta.dirname, "../demo.yaml");
const warmUpMs = 3_000;

/** Runs the experiment on the open shop; resolves with its events. */
async function breakShop(run: string, shop: OpenShop, stop: StopSource, out: NodeJS.WriteStream): Promise<Event[]> {
  const env = { ...process.env, CHAOS_DEMO_URL: shop.url };
  const parsed = parseExperimentFile(await readFile(file), {
    catalog,
    env,
    file: relative(process.cwd(), file),
    purpose: "run",
  });
  const [planned] = parsed.experiments;
  if (!planned) throw invalidFileError(parsed.diagnostics);
  const events: Event[] = [];
  const view = createLiveView({ stream: out, clock: systemClock, color: hasColours(out), unicode: true });
  try {
    await runExperiment({
      ...planned,
      catalog,
      store: openStore(),
      clock: systemClock,
      random: seededRandom(Date.now()),
      version: manifest.version,
      file: relative(process.cwd(), file),
      run,
      stop,
      listeners: [(event) => void events.push(event), (event) => view.add(event)],
      observers: [trafficObserver(shop.traffic)],
    });
  } finally {
    view.close();
  }
  return events;
}

const hasColours = (out: NodeJS.WriteStream) => !process.env["NO_COLOR"] && out.isTTY && out.hasColors();

async function writeReports(events: readonly Event[], folder: string): Promise<string> {
  const report = foldRun(events);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "report.json"), renderJson(report));
  await writeFile(join(folder, "junit.xml"), renderJunit(report));
  const html = join(folder, "report.html");
  await writeFile(html, renderHtml(report));
  return html;
}

/** The whole demo: open a shop, break it under its customers, put it back, prove it. Returns the exit code. */
export async function demo(out: NodeJS.WriteStream, stop: StopSource, folder: string): Promise<number> {
  out.write("Opening a shop: PostgreSQL 18, 50,000 rows, 150 requests a second …\n");
  await using shop = await openShop({ clock: systemClock });
  out.write(`It is open. After ${warmUpMs / 1_000} s of customers we break it. Ctrl-C stops and undoes.\n`);
  await using scratch = await mkdtempDisposable(join(tmpdir(), "chaos-demo-room-"));
  await using room = await openControlRoom(scratch.path, (message) => void out.write(message));
  const run = newRunId(systemClock.now());
  const page = room && `${room.url}/runs/${run}?${new URL(room.link).searchParams.toString()}`;
  out.write(page ? `Watch it in the control room: ${page}\n\n` : "\n");
  await systemClock.sleep(warmUpMs, stop.signal).catch(() => undefined);
  const events = await breakShop(run, shop, stop, out);
  const report = foldRun(events);
  out.write(
    `\n${renderText(report, { color: hasColours(out), width: out.isTTY ? out.columns || 80 : 100 }).trimEnd()}\n\n`,
  );
  const { proof } = await shop.finish();
  out.write(`${renderProof(proof, { color: hasColours(out) })}\n\n`);
  out.write(`Report with charts: ${await writeReports(events, folder)}\n`);
  if (page) await stayOpen(page, stop, out);
  await room?.close();
  return proof.ok ? (report.exitCode ?? 1) : 4;
}

/** Somebody who sits there may want to look at the pages; a program has what it needs. */
async function stayOpen(page: string, stop: StopSource, out: NodeJS.WriteStream): Promise<void> {
  if (!out.isTTY) return void out.write("./chaos server opens the control room again, with this run in it\n");
  out.write(`The same run in the control room: ${page}\nIt stays open until Ctrl-C.\n`);
  const { signal } = stop;
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
}

if (import.meta.main) {
  const stop = new StopSource();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.on(signal, () => stop.stop("interrupt", signal));
  process.stdout.on("error", () => stop.stop("interrupt", "nobody reads the output any more"));
  process.exitCode = await demo(process.stdout, stop, join(process.cwd(), "artifacts/demo"));
}
