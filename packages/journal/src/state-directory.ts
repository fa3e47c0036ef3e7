import { homedir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";

/** Where runs are kept: `CHAOS_HOME`, else `$XDG_STATE_HOME/chaos-agents`, else `~/.local/state/chaos-agents`. */
export function stateDirectory(env: NodeJS.ProcessEnv): string {
  if (env.CHAOS_HOME) return resolve(env.CHAOS_HOME);
  const xdg = env.XDG_STATE_HOME;
  // The XDG rules say that a relative path here is to be ignored.
  if (xdg && isAbsolute(xdg)) return join(xdg, "chaos-agents");
  return join(env.HOME || homedir(), ".local", "state", "chaos-agents");
}
