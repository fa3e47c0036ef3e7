export * from "./report.ts";
export { exitCodes, exitCodeOf } from "./verdict.ts";
export { foldRun, RunFold } from "./fold/run-fold.ts";
export { renderHtml } from "./html/render-html.ts";
