import { execFileSync } from "node:child_process";
import { cp, readFile } from "node:fs/promises";
import { ChaosError } from "@chaos-agents/core";
import { findProgram } from "./find-program.ts";
import { freePort } from "./free-port.ts";
import { Keep } from "./keep.ts";

export interface PrometheusServer extends AsyncDisposable {
  readonly url: string;
  /** The configuration's folder, copied. */
  readonly folder: string;
  /** The newest words of its log, for when it is not well. */
  log(): Promise<string>;
}

export interface PrometheusOptions {
  /** A folder with a `prometheus.yml` and what that names. */
  from: string;
  /** Changes the copy before it is read. */
  adapt: (folder: string) => Promise<void>;
}

/** Why no Prometheus can be started here; undefined where one can. */
export function prometheusMissing(): string | undefined {
  const missing = ["prometheus", "promtool"].find((program) => !findProgram(program));
  return missing && `${missing} is not installed (Debian package prometheus)`;
}

/** Starts the system's Prometheus with a configuration, a port and a folder of its own, apart from the system's service. */
export async function startPrometheus({ from, adapt }: PrometheusOptions): Promise<PrometheusServer> {
  const missing = prometheusMissing();
  if (missing !== undefined) throw new ChaosError("unsupported", missing, { remedy: "apt-get install prometheus" });
  const keep = await Keep.open({ prefix: "chaos-prometheus-" });
  const stop = () => keep[Symbol.asyncDispose]();
  try {
    const folder = keep.path("config");
    await cp(from, folder, { recursive: true });
    await adapt(folder);
    const config = `${folder}/prometheus.yml`;
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const log = keep.path("log");
    const { exited } = await keep.start({
      command: findProgram("prometheus")!,
      args: [
        `--config.file=${config}`,
        `--storage.tsdb.path=${keep.path("data")}`,
        `--web.listen-address=127.0.0.1:${port}`,
      ],
      log,
      endWith: "SIGTERM",
    });
    await ready(`${url}/-/ready`, exited, log);
    return { url, folder, log: async () => (await readFile(log, "utf8")).slice(-4_000), [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** What promtool says of a file of alert rules; throws where it finds fault with it. */
export function checkRules(file: string): string {
  return execFileSync(findProgram("promtool")!, ["check", "rules", file], { encoding: "utf8" });
}

async function ready(url: string, exited: Promise<unknown>, log: string): Promise<void> {
  let over = false;
  void exited.then(() => (over = true));
  for (;;) {
    const answer = await fetch(url).catch(() => null);
    await answer?.body?.cancel();
    if (answer?.ok) return;
    if (over) throw new ChaosError("internal", `Prometheus ended: ${(await readFile(log, "utf8")).slice(-2_000)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
