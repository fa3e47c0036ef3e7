import { readFile } from "node:fs/promises";
import { ChaosError, describeError } from "@chaos-agents/core";
import { type ParseOptions, type ParsedFile, parseExperimentFile } from "./parse-file.ts";

/** Reads a file from disk; `-` is standard input. Throws `usage` when there is none to read. */
export async function readExperimentFile(path: string, options: Omit<ParseOptions, "file">): Promise<ParsedFile> {
  let bytes: Uint8Array;
  try {
    bytes = path === "-" ? await readStandardInput() : await readFile(path);
  } catch (error) {
    throw new ChaosError("usage", `${path} cannot be read: ${describeError(error)}`, {
      remedy: "give the path of an experiment file; chaos init writes one",
      cause: error,
    });
  }
  return parseExperimentFile(bytes, { ...options, file: path === "-" ? "standard input" : path });
}

async function readStandardInput(): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
