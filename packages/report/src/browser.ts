/** What a page needs of a report: the folds and their words, and nothing of Node. */
export type * from "./report.ts";
export { completeReport } from "./fold/complete-report.ts";
export { foldRun, RunFold } from "./fold/run-fold.ts";
export { outcomeText, outcomeTones } from "./fold/describe-event.ts";
export { judgementOf, type Judgement } from "./fold/judgement.ts";
export { furtherReason, isIdentical } from "./fold/summarise.ts";
export { keyFigures, type KeyFigure } from "./key-figures.ts";
export { chartsOf, type ChartPlan } from "./html/chart-plan.ts";
export { chartFrame, type ChartFrame, faultName, faultTag } from "./html/fault-marks.ts";
export { tickText, valueScale } from "./html/line-chart.ts";
export { timeAxis, type TimeAxis } from "./html/time-axis.ts";
export { amount, answered, bareQuantity, clock, millis, quantity, utc } from "./quantities.ts";
export { shownVerdict, verdictWords } from "./verdict.ts";
