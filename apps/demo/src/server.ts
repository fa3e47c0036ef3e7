import { startChild } from "./child.ts";

export type ServerOrder = { type: "restart" };
export type ServerWord = { type: "ready"; port: number; password: string; home: string } | { type: "restarted" };

/** A PostgreSQL of our own on loopback, in a directory of its own; both are gone when it is disposed, or when we are killed. */
export interface Server extends AsyncDisposable {
  /** As superuser, for the database named. */
  url(database?: string): string;
  readonly host: string;
  readonly port: number;
  /** Where its files are. */
  readonly home: string;
  /** The process that looks after it. */
  readonly pid: number;
  /** Ends all sessions, stops, and starts again. */
  restart(): Promise<void>;
}

export async function startServer(): Promise<Server> {
  const keeper = startChild<ServerOrder, ServerWord>(
    new URL("./server-process.ts", import.meta.url),
    "the database server",
  );
  try {
    const { port, password, home } = await keeper.next("ready");
    const host = "127.0.0.1";
    return {
      url: (database = "postgres") => `postgres://postgres:${password}@${host}:${port}/${database}`,
      host,
      port,
      home,
      pid: keeper.pid,
      async restart() {
        const restarted = keeper.next("restarted");
        keeper.send({ type: "restart" });
        await restarted;
      },
      [Symbol.asyncDispose]: () => keeper[Symbol.asyncDispose](),
    };
  } catch (error) {
    await keeper[Symbol.asyncDispose]();
    throw error;
  }
}
