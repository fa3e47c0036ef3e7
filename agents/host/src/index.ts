import type { Agent } from "@chaos-agents/core";
import { type HostConfig, hostConfigSchema } from "./config.ts";
import { hostProbe } from "./probes/host.ts";
import { skills } from "./skills/index.ts";
import type { OpenHost } from "./target.ts";

export type { HostConfig, HostLogin } from "./config.ts";
export type { OpenHost } from "./target.ts";

/** Linux servers, over whatever `open` reaches them by. */
export const hostAgent = (open: OpenHost): Agent => ({
  target: "server",
  aliases: ["srv"],
  summary: "Services, disks, networks, processors and memory of Linux servers over SSH",
  config: hostConfigSchema,
  example: {
    hosts: [{ host: "10.0.1.50", username: "chaos", auth: { type: "key", private_key_path: "~/.ssh/id_ed25519" } }],
  },
  skills,
  probes: [hostProbe(open)],
  async connect(config: HostConfig, context) {
    const { Servers } = await import("./target.ts");
    return await Servers.open(config, open, context);
  },
});
