import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { stateDirectory } from "./state-directory.ts";

test.each([
  [{ CHAOS_HOME: "/srv/chaos", XDG_STATE_HOME: "/x", HOME: "/home/ann" }, "/srv/chaos"],
  [{ CHAOS_HOME: "here", HOME: "/home/ann" }, resolve("here")],
  [{ CHAOS_HOME: "", XDG_STATE_HOME: "/x", HOME: "/home/ann" }, "/x/chaos-agents"],
  [{ XDG_STATE_HOME: "relative", HOME: "/home/ann" }, "/home/ann/.local/state/chaos-agents"],
  [{ HOME: "/home/ann" }, "/home/ann/.local/state/chaos-agents"],
  [{}, join(homedir(), ".local/state/chaos-agents")],
])("%o keeps runs in %s", (env, expected) => {
  expect(stateDirectory(env)).toBe(expected);
});
