export { RunMetrics, type KnownRun } from "./run-metrics.ts";
