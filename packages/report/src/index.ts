export * from "./report.ts";
export { exitCodes, exitCodeOf } from "./verdict.ts";
export { foldRun, RunFold } from "./fold/run-fold.ts";
export { renderHtml } from "./html/render-html.ts";
export { renderJson, type JsonReport } from "./export/render-json.ts";
export { renderJunit } from "./export/render-junit.ts";
export { renderText, type TextOptions } from "./terminal/render-text.ts";
export { createEventLines, type EventLineOptions } from "./terminal/event-lines.ts";
