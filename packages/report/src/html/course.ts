import { bareQuantity, quantity } from "../quantities.ts";
import type { RunReport } from "../report.ts";
import { chartsOf, type ChartPlan } from "./chart-plan.ts";
import { chartSteps } from "./decimate.ts";
import { chartFrame } from "./fault-marks.ts";
import { lineChart, valueScale } from "./line-chart.ts";
import { embeddedJson, html, type Markup } from "./markup.ts";
import { timeAxis } from "./time-axis.ts";
import { timeline } from "./timeline.ts";

const mostCharts = 24;

/** The course of the run: phases, faults and every chart, one below the other on one axis of time. */
export function courseSection(report: RunReport): Markup | null {
  if (report.phases.length === 0 && report.faults.length === 0) return null;
  const axis = timeAxis(report);
  const frame = chartFrame(report, axis);
  const all = chartsOf(report);
  const drawn = all.slice(0, mostCharts).map((plan) => ({ plan, chart: lineChart(plan, frame) }));
  const thinned = drawn.some(({ chart }) => chart.thinned);
  return html`<section aria-labelledby="course">
    <h2 id="course">What happened</h2>
    ${key(
      report,
      drawn.map(({ plan }) => plan),
    )}
    <div
      class="course"
      id="course-charts"
      tabindex="0"
      role="group"
      aria-label="Charts over the time of the run; arrow keys move the read-out"
    >
      <figure class="chart">
        <figcaption>Phases and faults</figcaption>
        ${timeline(report, frame)}${ruler(axis)}
      </figure>
      ${drawn.map(({ plan, chart }) => html`<figure class="chart" id="${plan.id}">${caption(plan)}${chart.plot}${ruler(axis)}</figure>`)}
    </div>
    <p class="unseen" id="now" role="status"></p>
    ${all.length > drawn.length && html`<p class="aside">${all.length - drawn.length} more charts would not fit; their numbers are in the JSON report.</p>`}
    ${thinned && html`<p class="aside">Long series are drawn in ${chartSteps} steps; each step shows the lowest and the highest value measured in it, and nothing is averaged.</p>`}
    <script type="application/json" id="readings">
      ${embeddedJson(drawn.map(({ chart }) => chart.readings))}
    </script>
  </section>`;
}

function ruler({ ticks }: ReturnType<typeof timeAxis>): Markup {
  return html`<svg class="ruler" width="100%" height="18" aria-hidden="true">
    ${ticks.map(({ x, label }, index) => {
      const anchor = x < 3 ? "start" : x > 97 ? "end" : "middle";
      return html`<text class="${index % 2 === 1 ? "wide" : ""}" x="${x.toFixed(2)}%" y="13" text-anchor="${anchor}"
        >${label}</text
      >`;
    })}
    <text class="at" y="13" visibility="hidden"></text>
  </svg>`;
}

/** Until something points at a moment, the legend says what was normal and what the faults made of it. */
function caption(plan: ChartPlan): Markup {
  const scale = valueScale(plan);
  const far = plan.limits.filter(({ value }) => !scale.reaches(value));
  const notes = [
    ...(plan.unit === null || plan.unit === "ms" ? [] : [plan.unit]),
    ...(scale.logarithmic ? ["logarithmic scale"] : []),
    ...far.map(({ label, value }) => `limit ${label} ${quantity(value, plan.unit)}`),
  ];
  return html`<figcaption>
    <span class="chart-title"><bdi>${plan.title}</bdi> <span class="soft">${notes.join(", ")}</span></span>
    <ul class="legend">
      ${plan.series.map(({ name, tint, stats: { before, during } }) => {
        const known = [before[plan.typical], during[plan.typical]].filter((value) => value !== null);
        const numbers = known.map((value) => bareQuantity(value, plan.unit)).join(" → ") || "–";
        const usual = plan.typical === "max" ? `most ${numbers}` : numbers;
        return html`<li>
          <i class="swatch ${tint}"></i><bdi>${name}</bdi> <b class="reading" data-usual="${usual}">${usual}</b>
        </li>`;
      })}
    </ul>
  </figcaption>`;
}

/** What the signs mean, of those that are there. */
function key({ faults, undos, disturbed }: RunReport, plans: readonly ChartPlan[]): Markup | null {
  if (plans.length === 0) return null;
  const medians = disturbed.from === null ? "medians" : "medians before → during the faults";
  const stuck = faults.some(({ errors, outcome, startedAt }) => {
    return startedAt !== null && (errors.length > 0 || outcome === "failed" || outcome === null);
  });
  const boxes = [
    ...(disturbed.from === null
      ? []
      : [["bar-inject", "being made"] as const, ["bar-active", "fault stands"] as const]),
    ...(undos.some(({ startedAt }) => startedAt !== null) ? [["bar-undo", "undo"] as const] : []),
    ...(stuck ? [["bar-failed", "failed or still there"] as const] : []),
  ];
  return html`<p class="key">
    ${boxes.map(([box, words]) => html`<span><i class="box ${box}"></i>${words}</span>`)}${
      plans.some(({ failures }) => failures.length > 0) &&
      html`<span><i class="dot"></i>answer outside tolerance</span>`
    }<span>Numbers beside a name: ${medians}</span>
  </p>`;
}
