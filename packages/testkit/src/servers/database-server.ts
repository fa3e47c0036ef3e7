import { setTimeout as delay } from "node:timers/promises";
import { ChaosError, describeError } from "@chaos-agents/core";
import { readFile } from "node:fs/promises";
import type { Certificates } from "./certificates.ts";
import { administer, type DatabaseAdmin, type Engine } from "./database-admin.ts";
import type { Keep, KeptProcess } from "./keep.ts";
import { killTree, send } from "./process-tree.ts";
import { readStatements, type Statement } from "./statement-log.ts";

/** Settings as the server's own configuration file takes them. */
export type ServerSettings = Readonly<Record<string, string | number | boolean>>;

/**
 * A real database server of our own, on 127.0.0.1, in a directory of its own. It goes away with its directory when
 * disposed or stopped, and also when this process ends in whatever way.
 */
export interface DatabaseServer extends DatabaseAdmin, AsyncDisposable {
  /** For test names: `PostgreSQL 18`. */
  readonly label: string;
  readonly host: "127.0.0.1";
  readonly port: number;
  readonly directory: string;
  /** The server's main process; another one after `restart`. */
  readonly pid: number;
  /** What the server says: start, errors, crash recovery. */
  readonly serverLog: string;
  /** The file that `statements` reads. */
  readonly statementLog: string;
  /** Where it takes encrypted connections; null where it does not. */
  readonly certificates: Certificates | null;
  /** Every statement that clients sent so far, in the server's own words. */
  statements(): Promise<Statement[]>;
  /** Ends it at once and removes everything; the same as disposing. */
  stop(): Promise<void>;
  /** SIGKILL for all its processes at once. Its data stay as they were on disk; `restart` recovers from them. */
  kill(): Promise<void>;
  /** Starts again on the same port and data; shuts down in good order first if it runs. */
  restart(): Promise<void>;
}

export interface ServerParts {
  readonly engine: Engine;
  readonly label: string;
  readonly keep: Keep;
  readonly port: number;
  readonly url: string;
  readonly serverLog: string;
  readonly statementLog: string;
  readonly certificates: Certificates | null;
  /** Asks the main process to shut down in good order. */
  readonly stopSignal: NodeJS.Signals;
  start(): Promise<KeptProcess>;
}

/** What all our servers have in common, once they can be started. */
export async function openServer(parts: ServerParts, signal?: AbortSignal): Promise<DatabaseServer> {
  const admin = administer(parts.engine, parts.url);
  let main: KeptProcess | undefined;
  const start = async () => {
    const started = await parts.start();
    main = started;
    void started.exited.then(() => {
      if (main === started) main = undefined;
    });
    await ready(admin, started, parts, signal);
  };
  const shutDown = async (running: KeptProcess) => {
    send(running.pid, parts.stopSignal);
    const hurry = setTimeout(() => void killTree(running.pid), 30_000);
    await running.exited;
    clearTimeout(hurry);
  };
  const stop = () => parts.keep[Symbol.asyncDispose]();
  await start();
  return {
    ...admin,
    label: parts.label,
    host: "127.0.0.1",
    port: parts.port,
    directory: parts.keep.directory,
    serverLog: parts.serverLog,
    statementLog: parts.statementLog,
    certificates: parts.certificates,
    get pid() {
      if (main === undefined) throw new ChaosError("usage", `${parts.label} on port ${parts.port} is not running`);
      return main.pid;
    },
    statements: () => readStatements(parts.engine, parts.statementLog),
    stop,
    async kill() {
      const running = main;
      if (running === undefined) return;
      await killTree(running.pid, signal);
      await running.exited;
    },
    async restart() {
      if (main !== undefined) await shutDown(main);
      await start();
    },
    [Symbol.asyncDispose]: stop,
  };
}

/** Asks until the server answers, ends, or has taken too long. */
async function ready(admin: DatabaseAdmin, main: KeptProcess, parts: ServerParts, signal?: AbortSignal): Promise<void> {
  const limit = AbortSignal.any([AbortSignal.timeout(60_000), ...(signal ? [signal] : [])]);
  let ended = false;
  void main.exited.then(() => (ended = true));
  for (;;) {
    const refusal: unknown = await admin.query("SELECT 1").then(
      () => undefined,
      (error: unknown) => error,
    );
    if (refusal === undefined) return;
    if (ended || limit.aborted) {
      const said = await readFile(parts.serverLog, "utf8").catch(() => "");
      const why = ended ? "ended while starting" : `does not answer: ${describeError(refusal)}`;
      throw new ChaosError("target-unreachable", `${parts.label} ${why}\n${said.trim().slice(-2_000)}`);
    }
    await delay(15);
  }
}
