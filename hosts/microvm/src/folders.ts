import { homedir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";

const home = (env: NodeJS.ProcessEnv) => env["HOME"] || homedir();
// The XDG rules say that a relative path here is to be ignored.
const xdg = (path: string | undefined) => (path && isAbsolute(path) ? join(path, "chaos-agents") : undefined);

/** Where images live: `$XDG_CACHE_HOME/chaos-agents/images`, else under `~/.cache`. */
export function imageFolder(env: NodeJS.ProcessEnv): string {
  return join(xdg(env["XDG_CACHE_HOME"]) ?? join(home(env), ".cache", "chaos-agents"), "images");
}

/** Where each machine has its folder: beside the runs, in `microvms`. */
export function machineFolder(env: NodeJS.ProcessEnv): string {
  const state = env["CHAOS_HOME"] ? resolve(env["CHAOS_HOME"]) : xdg(env["XDG_STATE_HOME"]);
  return join(state ?? join(home(env), ".local", "state", "chaos-agents"), "microvms");
}
