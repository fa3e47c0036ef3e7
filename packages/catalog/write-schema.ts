import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { experimentJsonSchema } from "@chaos-agents/experiment-file";
import { catalog } from "./src/index.ts";

/** Writes the JSON Schema that editors use: `node packages/catalog/write-schema.ts`. */
const path = join(import.meta.dirname, "../../config/experiment.schema.json");
await writeFile(path, `${JSON.stringify(experimentJsonSchema(catalog), null, 2)}\n`);
console.log(`wrote ${path}`);
