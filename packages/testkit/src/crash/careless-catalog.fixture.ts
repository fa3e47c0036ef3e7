import { readFile, writeFile } from "node:fs/promises";
import type { Catalog } from "@chaos-agents/core";
import { filesAgent } from "../files-agent/files-agent.ts";
import { overwrite } from "../files-agent/overwrite.ts";

/** The files agent with an overwrite that changes a file before it has told how to undo that. */
export const carelessCatalog: Catalog = {
  agents: [
    {
      ...filesAgent,
      skills: [
        {
          ...overwrite,
          async *inject(target, { data: { file } }) {
            const was = (await readFile(target.path(file))).toString("base64");
            await writeFile(target.path(file), "changed");
            const became = { bytes: Buffer.from("changed").toString("base64"), mode: 0o644 };
            yield { record: { file, was: { bytes: was, mode: 0o644 }, became, scratch: ".chaos-x" } };
          },
        },
      ],
    },
  ],
  probes: [],
};
