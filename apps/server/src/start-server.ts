import { mkdir, readFile, writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { type Catalog, ChaosError, type Clock } from "@chaos-agents/core";
import type { JournalStore } from "@chaos-agents/engine";
import { tryLock } from "@chaos-agents/journal";
import type { FastifyInstance } from "fastify";
import { Tokens } from "./access/tokens.ts";
import type { Job } from "./api/shapes.ts";
import { buildApp } from "./app.ts";
import { Audit } from "./audit.ts";
import { ExperimentFolders } from "./experiment-folders.ts";
import { RunFeed } from "./feed/run-feed.ts";
import { RunIndex } from "./feed/run-index.ts";
import { JobDesk } from "./jobs/job-desk.ts";
import { RunMetrics } from "./metrics/index.ts";
import { News } from "./news.ts";
import { Notices, readNotices } from "./notices/index.ts";

export interface ServerOptions {
  host: string;
  /** 0 is any that is free. */
  port: number;
  tls?: { key: string; cert: string } | undefined;
  version: string;
  catalog: Catalog;
  store: JournalStore;
  /** Where the room keeps what is its own: tokens, jobs, records. What waits there is started. */
  folder: string;
  clock: Clock;
  env: NodeJS.ProcessEnv;
  /** How the command line is started: program and its first words. Runs are processes of their own. */
  command: readonly string[];
  /** Folders with experiment files that may be read, written and run. */
  folders: readonly string[];
  /** Runs that may go on beside each other. */
  atOnce: number;
  web: string | null;
  requestsPerMinute: number;
  log: (message: string) => void;
}

export interface Server extends AsyncDisposable {
  /** `http://127.0.0.1:8888` */
  readonly url: string;
  /** The link that logs in whoever opens it. */
  readonly link: string;
  /** Asks every run of this room to undo and end, and closes when they have. */
  close(): Promise<void>;
}

/** The folder of the room that a state directory has, beside its runs. */
export const roomFolder = (home: string): string => join(home, "control-room");

/** Opens the control room; it is ready for requests when this resolves. */
export async function startServer(options: ServerOptions): Promise<Server> {
  const { store, folder, clock, catalog, version, env, host, port, atOnce } = options;
  await using opened = new AsyncDisposableStack();
  opened.use(await onlyRoom(folder));
  const tokens = await Tokens.open(folder);
  const news = new News();
  const audit = opened.use(new Audit(folder));
  const index = opened.use(new RunIndex(folder));
  const changed = (job: Job) => void news.emit("job", job);
  const feed = new RunFeed({ store, index, clock });
  const ended = (run: string) => feed.refresh(run);
  const { command } = options;
  const desk = opened.use(new JobDesk({ folder: join(folder, "jobs"), command, store, clock, atOnce, ended, changed }));
  const metrics = new RunMetrics({ version, clock });
  const notices = opened.use(new Notices({ clock, notices: readNotices(env), folder, log: options.log }));
  feed.on("run", (run) => {
    metrics.known(run);
    news.emit("run", run);
  });
  feed.on("event", (event, run) => {
    metrics.event(event, run);
    notices.event(event, run);
  });
  feed.on("cut-off", (run) => {
    metrics.cutOff(run);
    notices.cutOff(run);
  });
  const folders = await ExperimentFolders.open(options.folders);
  const closing = new AbortController();
  const stands = { version, catalog, store, clock, env, atOnce, notices: notices.names };
  const room = { ...stands, tokens, audit, folders, index, feed, desk, news };
  const more = (all: FastifyInstance) => serveMetrics(all, metrics, desk);
  const app = await buildApp(room, { ...options, closing: closing.signal, more });
  try {
    await app.listen({ host, port });
  } catch (error) {
    throw listenFailure(error, host, port);
  }
  for (const run of index.unsettled()) metrics.known(run);
  feed.begin();
  opened.defer(() => feed.close());
  opened.defer(async () => {
    closing.abort();
    await app.close();
  });
  await desk.begin();
  const parts = opened.move();
  const { port: heard } = app.server.address() as AddressInfo;
  const url = `${options.tls ? "https" : "http"}://${host.includes(":") ? `[${host}]` : host}:${heard}`;
  await writeFile(urlFile(folder), url);
  return {
    url,
    link: `${url}/?token=${tokens.owner}`,
    async close() {
      await desk.close("control room");
      await parts.disposeAsync();
    },
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

/** Two rooms on the same jobs would start each of them twice. */
async function onlyRoom(folder: string): Promise<Disposable> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const lock = tryLock(join(folder, "lock.db"));
  if (lock) return lock;
  const there = await openRoomUrl(folder);
  throw new ChaosError("usage", `a control room is open on these runs already${there === null ? "" : `: ${there}`}`, {
    remedy: "use that one, or another CHAOS_HOME",
    facts: { url: there },
  });
}

const urlFile = (folder: string) => join(folder, "url");
const openRoomUrl = (folder: string) => readFile(urlFile(folder), "utf8").catch(() => null);

function serveMetrics(app: FastifyInstance, metrics: RunMetrics, desk: JobDesk): void {
  app.get("/metrics", { schema: { hide: true } }, async (_request, reply) => {
    metrics.jobs(desk.counts());
    return reply.type(metrics.contentType).send(await metrics.text());
  });
}

function listenFailure(error: unknown, host: string, port: number): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code === "EADDRINUSE") {
    return new ChaosError("usage", `something else listens on ${host}:${port} already`, {
      remedy: "choose another port with --port, or close the other control room",
      cause: error,
    });
  }
  if (code === "EACCES" || code === "EADDRNOTAVAIL") {
    return new ChaosError("usage", `${host}:${port} cannot be listened on (${code})`, {
      remedy: "choose an address of this machine with --host and a port above 1023 with --port",
      cause: error,
    });
  }
  return error;
}
