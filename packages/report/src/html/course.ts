import { quantity } from "../quantities.ts";
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
    <div
      class="course"
      id="course-charts"
      tabindex="0"
      role="group"
      aria-label="Charts over the time of the run; arrow keys move the read-out"
    >
      <figure class="chart">
        <figcaption>Phases and faults<span class="now" id="now"></span></figcaption>
        ${timeline(report, frame)}${ruler(axis)}
      </figure>
      ${drawn.map(({ plan, chart }) => html`<figure class="chart" id="${plan.id}">${caption(plan)}${chart.plot}${ruler(axis)}</figure>`)}
    </div>
    ${key(report, drawn.length)}
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
  </svg>`;
}

/** Until something points at a moment, the legend says what was normal and what the faults made of it. */
function caption(plan: ChartPlan): Markup {
  const scale = valueScale(plan);
  const far = plan.limits.filter(({ value }) => !scale.reaches(value));
  const notes = [
    ...(plan.unit === null ? [] : [plan.unit]),
    ...(scale.logarithmic ? ["logarithmic"] : []),
    ...far.map(({ label, value }) => `limit ${label} ${quantity(value, plan.unit)}`),
  ];
  return html`<figcaption>
    <span class="chart-title"><bdi>${plan.title}</bdi> <span class="soft">${notes.join(", ")}</span></span>
    <ul class="legend">
      ${plan.series.map(({ name, tint, stats: { before, during } }) => {
        const medians = [before.p50, during.p50].filter((value) => value !== null);
        const usual = medians.map((value) => quantity(value, plan.unit)).join(" → ") || "–";
        return html`<li>
          <i class="swatch ${tint}"></i><bdi>${name}</bdi> <output data-usual="${usual}">${usual}</output>
        </li>`;
      })}
    </ul>
  </figcaption>`;
}

function key({ faults, disturbed }: RunReport, charts: number): Markup | null {
  if (charts === 0) return null;
  const medians =
    disturbed.from === null
      ? "Numbers beside a name are medians."
      : "Numbers beside a name are medians before → during the faults.";
  return html`<p class="key">
    ${
      faults.some((fault) => fault.startedAt !== null) &&
      html`<span><i class="box bar-inject"></i>being made</span><span><i class="box bar-active"></i>fault stands</span
        ><span><i class="box bar-undo"></i>undo</span><span><i class="box bar-failed"></i>failed or still there</span>`
    }<span><i class="dot"></i>answer outside tolerance</span><span class="soft">${medians}</span>
  </p>`;
}
