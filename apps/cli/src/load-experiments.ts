import { catalog } from "@chaos-agents/catalog";
import { ChaosError } from "@chaos-agents/core";
import {
  type PlannedExperiment,
  hasErrors,
  invalidFileError,
  nearest,
  readExperimentFile,
  renderDiagnostics,
} from "@chaos-agents/experiment-file";
import type { Terminal } from "./terminal.ts";

/** A file's experiments, ready to be run, and their secrets hidden from now on. Throws `invalid-file` and `usage`. */
export async function loadExperiments(
  file: string,
  terminal: Terminal,
  { only }: { only?: string | undefined } = {},
): Promise<PlannedExperiment[]> {
  const { kind, experiments, names, diagnostics } = await readExperimentFile(file, {
    catalog,
    env: terminal.env,
    purpose: "run",
    only,
  });
  for (const { redact } of experiments) terminal.hide(redact);
  if (hasErrors(diagnostics)) throw invalidFileError(diagnostics);
  if (diagnostics.length > 0) terminal.say(renderDiagnostics(diagnostics));
  if (kind !== "experiments") {
    throw new ChaosError("usage", `${file} is not a file of experiments`, {
      remedy: "experiments stand in a list under `experiments:`; `chaos init` writes one",
    });
  }
  if (only === undefined) return experiments;
  const chosen = experiments.filter(({ experiment }) => experiment.name === only);
  if (chosen.length > 0) return chosen;
  const guess = nearest(only, names);
  throw new ChaosError("usage", `${file} has no experiment "${only}"`, {
    remedy: guess === undefined ? `it has: ${names.join(", ")}` : `did you mean "${guess}"?`,
  });
}
