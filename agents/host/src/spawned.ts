import type { HostChange } from "./host-skill.ts";

/** A process left running on the host for as long as the fault stands; `spawn` and the others are words of the runner. */
export const spawned = (mark: string, argv: readonly string[]): HostChange => ({
  asBefore: ["nothing_spawned", `${mark}/`],
  isOurs: ["true"],
  putBack: ["end_spawned", `${mark}/`],
  act: ["spawn", ...argv],
});
