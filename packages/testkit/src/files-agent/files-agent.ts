import type { Agent, Catalog } from "@chaos-agents/core";
import { create } from "./create.ts";
import { filesConfig } from "./files-config.ts";
import { FilesTarget } from "./files-target.ts";
import { lock } from "./lock.ts";
import { overwrite } from "./overwrite.ts";

/** A small agent that breaks plain files: the proof that the contract is not a database's. */
export const filesAgent: Agent = {
  target: "files",
  aliases: ["file"],
  summary: "Files in a local directory, for tests",
  config: filesConfig,
  example: { directory: "./data" },
  skills: [overwrite, create, lock],
  probes: [],
  async connect(config) {
    const target = new FilesTarget(filesConfig.parse(config));
    await target.reach();
    return target;
  },
};

export const filesCatalog: Catalog = { agents: [filesAgent], probes: [] };
