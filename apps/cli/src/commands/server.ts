import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { catalog } from "@chaos-agents/catalog";
import { ChaosError, describeError, systemClock } from "@chaos-agents/core";
import { openStore } from "@chaos-agents/journal";
import { type Command, InvalidArgumentError } from "commander";
import { examples } from "../examples.ts";
import type { Terminal } from "../terminal.ts";
import { version } from "../version.ts";
import { WaysOut } from "../ways-out.ts";

interface ServerWords {
  host?: string;
  port?: number;
  experiments?: string[];
  atOnce: number;
  tlsCert?: string;
  tlsKey?: string;
}

export function define(command: Command, terminal: Terminal): void {
  command
    .description(
      "Opens the control room: a web page and an API on this machine's runs, whoever started them. Ctrl-C stops what was " +
        "started there, undoes it, and closes.",
    )
    .option("--host <address>", "where to listen (BACKEND_HOST; 127.0.0.1)")
    .option("--port <number>", "on which port (BACKEND_PORT; 8888)", portNumber)
    .option("--experiments <folders...>", "folders with experiment files (config, where there is one)")
    .option("--at-once <number>", "how many runs may go on beside each other", wholeNumber, 2)
    .option("--tls-cert <file>", "certificate in PEM: speaks HTTPS")
    .option("--tls-key <file>", "its key")
    .addHelpText(
      "after",
      examples(
        ["chaos server", "prints the link that logs you in"],
        ["chaos server --experiments ./experiments --port 9000", "with files of yours"],
        ["chaos token add ci", "a token for a program, with a name of its own in the audit log"],
      ),
    )
    .action(async (words: ServerWords) => {
      readEnvFile();
      const { roomFolder, startServer } = await import("@chaos-agents/server");
      const ways = new WaysOut(terminal);
      process.exitCode = await ways.lead(async () => {
        const store = openStore();
        await using server = await startServer({
          ...addressOf(words, terminal.env),
          tls: await tlsOf(words),
          version,
          catalog,
          store,
          folder: roomFolder(store.home),
          clock: systemClock,
          env: terminal.env,
          command: launcherOf(terminal.env),
          folders: words.experiments ?? ["config"],
          atOnce: words.atOnce,
          web: webFolder(),
          requestsPerMinute: 3_000,
          log: (message) => terminal.say(message),
        });
        terminal.reveal(`${terminal.style("bold", "Control room:")} ${server.link}`);
        terminal.say("The link logs in whoever has it. Ctrl-C undoes what was started here, and closes.");
        await new Promise<void>((resolve) =>
          ways.stop.signal.addEventListener("abort", () => resolve(), { once: true }),
        );
        terminal.say("Closing: runs of this room undo and end first.");
        await server.close();
        return 0;
      });
    });
}

/** Runs start as they do in a shell, not with what this process was given. */
const launcherOf = ({ CHAOS_LAUNCHER }: NodeJS.ProcessEnv) =>
  CHAOS_LAUNCHER ? [CHAOS_LAUNCHER] : [process.execPath, ...process.execArgv, process.argv[1]!];

/** What is in the environment already stands above the file. */
function readEnvFile(): void {
  try {
    process.loadEnvFile();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}

function addressOf({ host, port }: ServerWords, env: NodeJS.ProcessEnv): { host: string; port: number } {
  const said = env["BACKEND_PORT"];
  if (port === undefined && said && !isPort(said)) {
    throw new ChaosError("usage", `BACKEND_PORT=${said} is no port`, { remedy: "give a number from 0 to 65535" });
  }
  return { host: host ?? (env["BACKEND_HOST"] || "127.0.0.1"), port: port ?? Number(said || 8_888) };
}

async function tlsOf({ tlsCert, tlsKey }: ServerWords): Promise<{ cert: string; key: string } | undefined> {
  if (tlsCert === undefined && tlsKey === undefined) return undefined;
  if (tlsCert === undefined || tlsKey === undefined) {
    throw new ChaosError("usage", "--tls-cert and --tls-key go together", { remedy: "give both, or neither" });
  }
  const read = async (path: string) =>
    await readFile(path, "utf8").catch((error: unknown) => {
      throw new ChaosError("usage", `${path} cannot be read: ${describeError(error)}`, { cause: error });
    });
  return { cert: await read(tlsCert), key: await read(tlsKey) };
}

/** In a checkout where Vite builds it, in the bundle beside it. */
const webFolder = (): string =>
  import.meta.url.endsWith(".ts")
    ? join(import.meta.dirname, "../../../web/dist")
    : join(import.meta.dirname, "../web");

const isPort = (text: string) => /^\d{1,5}$/.test(text) && Number(text) <= 65_535;

function portNumber(text: string): number {
  if (!isPort(text)) throw new InvalidArgumentError("It is a number from 0 to 65535.");
  return Number(text);
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,2}$/.test(text)) throw new InvalidArgumentError("It is a whole number from 1 to 999.");
  return Number(text);
}
