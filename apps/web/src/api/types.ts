import type { RunReport } from "@chaos-agents/report/browser";
import type { components } from "./schema.d.ts";

type Schemas = components["schemas"];

export type Checkup = Schemas["Checkup"];
export type Diagnostic = Schemas["Diagnostic"];
export type Discovery = Schemas["Discovery"];
export type Halt = Schemas["Halt"];
export type Job = Schemas["Job"];
export type Run = Schemas["Run"];
export type Skill = Schemas["Skill"];
export type Validation = Schemas["Validation"];

/** The document leaves a report's shape to the package that folds it. */
export type DryRun = Omit<Schemas["DryRun"], "report"> & { report: RunReport };
