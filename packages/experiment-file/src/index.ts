export type { Job } from "./daemon-file.ts";
export {
  type Diagnostic,
  type Excerpt,
  hasErrors,
  invalidFileError,
  renderDiagnostic,
  renderDiagnostics,
} from "./diagnostic.ts";
export { type JsonSchema, experimentJsonSchema } from "./json-schema.ts";
export type { LlmFile } from "./llm-file.ts";
export { editDistance, nearest } from "./nearest.ts";
export { type ParseOptions, type ParsedFile, parseExperimentFile } from "./parse-file.ts";
export { type FilledExperiment, type PlannedExperiment, reviveExperiment } from "./planned-experiment.ts";
export { readExperimentFile } from "./read-file.ts";
export type { Purpose } from "./read-experiment.ts";
export type { Environment } from "./reference.ts";
export { type StarterAnswers, starterExperiment } from "./starter.ts";
