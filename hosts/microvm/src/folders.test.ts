import { expect, test } from "vitest";
import { imageFolder, machineFolder } from "./folders.ts";

test.each([
  [{ HOME: "/home/ann" }, "/home/ann/.cache/chaos-agents/images", "/home/ann/.local/state/chaos-agents/microvms"],
  [
    { HOME: "/home/ann", XDG_CACHE_HOME: "/c", XDG_STATE_HOME: "/s" },
    "/c/chaos-agents/images",
    "/s/chaos-agents/microvms",
  ],
  [
    { HOME: "/home/ann", XDG_CACHE_HOME: "c", CHAOS_HOME: "/srv/chaos" },
    "/home/ann/.cache/chaos-agents/images",
    "/srv/chaos/microvms",
  ],
])("where things are kept with %o", (env, images, machines) => {
  expect(imageFolder(env)).toBe(images);
  expect(machineFolder(env)).toBe(machines);
});
