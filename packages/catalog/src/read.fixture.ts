import { type Purpose, parseExperimentFile, renderDiagnostics } from "@chaos-agents/experiment-file";
import { catalog } from "./index.ts";

/** Reads a file with what is shipped; its errors as people see them. */
export function read(text: string, purpose: Purpose, env: Record<string, string> = {}) {
  const { diagnostics, ...file } = parseExperimentFile(text, { catalog, env, file: "test.yaml", purpose });
  return { ...file, errors: renderDiagnostics(diagnostics.filter(({ level }) => level === "error")) };
}
