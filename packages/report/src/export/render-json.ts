import type { RunReport } from "../report.ts";

/**
 * The report as JSON. `format` is raised when a field changes its meaning or goes; fields may be added without it. All of it
 * is `RunReport`, field by field, but for the log: that is `chaos events RUN --json`. What was not measured is null.
 */
export interface JsonReport extends Omit<RunReport, "log"> {
  format: 1;
}

export function renderJson(report: RunReport): string {
  const { log: _, ...rest } = report;
  return `${JSON.stringify({ format: 1, ...rest } satisfies JsonReport, null, 2)}\n`;
}
