import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { type Catalog, ChaosError, type Clock } from "@chaos-agents/core";
import type { JournalStore } from "@chaos-agents/engine";
import { Tokens } from "./access/tokens.ts";
import type { Job } from "./api/shapes.ts";
import { buildApp } from "./app.ts";
import { Audit } from "./audit.ts";
import { ExperimentFolders } from "./experiment-folders.ts";
import { RunFeed } from "./feed/run-feed.ts";
import { RunIndex } from "./feed/run-index.ts";
import { JobDesk } from "./jobs/job-desk.ts";
import { News } from "./news.ts";

export interface ServerOptions {
  host: string;
  /** 0 is any that is free. */
  port: number;
  tls?: { key: string; cert: string } | undefined;
  version: string;
  catalog: Catalog;
  store: JournalStore;
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

/** Where the room keeps what is its own, beside the runs. */
export const roomFolder = (home: string): string => join(home, "control-room");

/** Opens the control room; it is ready for requests when this resolves. */
export async function startServer(options: ServerOptions): Promise<Server> {
  const { store, clock, catalog, version, env, host, port, atOnce } = options;
  const folder = roomFolder(store.home);
  await using opened = new AsyncDisposableStack();
  const tokens = await Tokens.open(folder);
  const news = new News();
  const audit = opened.use(new Audit(folder));
  const index = opened.use(new RunIndex(folder));
  const changed = (job: Job) => void news.emit("job", job);
  const desk = opened.use(
    new JobDesk({ folder: join(folder, "jobs"), command: options.command, store, clock, atOnce, changed }),
  );
  const feed = new RunFeed({ store, index, clock });
  feed.on("run", (run) => news.emit("run", run));
  const folders = await ExperimentFolders.open(options.folders);
  const closing = new AbortController();
  const room = {
    version,
    catalog,
    store,
    clock,
    env,
    atOnce,
    tokens,
    audit,
    folders,
    index,
    feed,
    desk,
    news,
    notices: [],
  };
  const app = await buildApp(room, { ...options, closing: closing.signal });
  try {
    await app.listen({ host, port });
  } catch (error) {
    throw listenFailure(error, host, port);
  }
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
