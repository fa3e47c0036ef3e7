import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { openApiDocument } from "@chaos-agents/server";

const root = join(import.meta.dirname, "..");
const path = join(root, "apps/web/src/api/schema.d.ts");
const about = "// Made by `npm run client` from the server's OpenAPI document; do not edit. The document's SHA-256:";

const digestOf = (document: object) => createHash("sha256").update(JSON.stringify(document)).digest("hex");

/** Of the document that the committed types were made from, and of the one that the server gives now. */
export async function clientDigests(): Promise<{ committed: string | undefined; now: string }> {
  const [text, document] = await Promise.all([readFile(path, "utf8"), openApiDocument()]);
  const [first = "", second = ""] = text.split("\n", 2);
  return { committed: first === about ? second.slice(3) : undefined, now: digestOf(document) };
}

if (import.meta.main) {
  const document = await openApiDocument();
  const generator = join(root, "apps/web/node_modules/.bin/openapi-typescript");
  const types = execFileSync(process.execPath, [generator], { input: JSON.stringify(document), encoding: "utf8" });
  await writeFile(path, `${about}\n// ${digestOf(document)}\n\n${types}`);
  execFileSync(process.execPath, [join(root, "node_modules/.bin/oxfmt"), path]);
}
