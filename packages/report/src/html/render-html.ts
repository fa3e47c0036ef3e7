import { createHash } from "node:crypto";
import { amount, clock, counted, quantity, utc } from "../quantities.ts";
import type { RunReport } from "../report.ts";
import { shownVerdict } from "../verdict.ts";
import { chartsOf, type ChartPlan } from "./chart-plan.ts";
import { chartSteps } from "./decimate.ts";
import { chartFrame } from "./fault-marks.ts";
import { faultSection, undoSection } from "./fault-sections.ts";
import { hoverScript } from "./hover.ts";
import { keyFigures } from "./key-figures.ts";
import { lineChart, valueScale } from "./line-chart.ts";
import { clipped, embeddedJson, html, type Markup, trusted } from "./markup.ts";
import { guardSection, preflightSection, steadyStateSection } from "./system-sections.ts";
import { theme } from "./theme.ts";
import { timeAxis } from "./time-axis.ts";
import { timeline } from "./timeline.ts";
import { table } from "./table.ts";

const mostCharts = 24;
const mostLogLines = 400;

const policy = [
  "default-src 'none'",
  `style-src '${fingerprint(theme)}'`,
  `script-src '${fingerprint(hoverScript)}'`,
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

function fingerprint(text: string): string {
  return `sha256-${createHash("sha256").update(text).digest("base64")}`;
}

/** The report as one file that needs nothing else: no network, no fonts, and no script to be read. */
export function renderHtml(report: RunReport): string {
  const name = report.header.experiment ?? "Chaos run";
  const { title, tone } = shownVerdict(report.verdict);
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${policy}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title}: ${clipped(name, 120)}</title>
        <style>
          ${trusted(theme)}
        </style>
      </head>
      <body class="verdict-${tone}">
        <main>
          ${masthead(report, name)} ${leftSection(report)} ${keyFigures(report)} ${chartSection(report)}
          ${steadyStateSection(report)} ${guardSection(report)} ${faultSection(report)} ${undoSection(report)}
          ${preflightSection(report)} ${logSection(report)} ${footer(report)}
        </main>
        <script>
          ${trusted(hoverScript)};
        </script>
      </body>
    </html> `.text;
}

const icons = {
  good: "M7 12.5l3.4 3.4L17 9",
  plain: "M12 11v6M12 7.4v.2",
  warn: "M12 7v6.5M12 16.8v.2",
  bad: "M8 8l8 8M16 8l-8 8",
};

function masthead(report: RunReport, name: string): Markup {
  const { header, reason, summary } = report;
  const { title, tone } = shownVerdict(report.verdict);
  const took = header.endedAt !== null && header.startedAt !== null ? header.endedAt - header.startedAt : report.lastAt;
  const facts: [string, Markup | string | null][] = [
    ["Run", report.run && html`<code>${clipped(report.run, 80)}</code>`],
    ["Started", utc(header.startedAt)],
    [header.endedAt === null ? "Last event after" : "Took", clock(took)],
    ["Owner", header.owner && clipped(header.owner, 120)],
    ["Ticket", header.ticket && clipped(header.ticket, 120)],
    ["File", header.file && html`<code>${clipped(header.file, 200)}</code>`],
    ["Tags", header.tags.length > 0 ? clipped(header.tags.join(", "), 200) : null],
  ];
  return html`<header>
    <p class="kicker">Chaos run report</p>
    <h1><bdi>${clipped(name, 200)}</bdi></h1>
    <div class="banner" role="status">
      <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
        <circle cx="12" cy="12" r="11" />
        <path d="${icons[tone]}" />
      </svg>
      <div>
        <p class="verdict">${title}</p>
        <p class="summary"><bdi>${clipped(summary, 500)}</bdi></p>
        ${reason && report.verdict !== null && html`<p class="reason"><bdi>${clipped(reason, 400)}</bdi></p>`}
      </div>
    </div>
    ${
      header.hypothesis &&
      html`<div class="hypothesis">
        <h2>Hypothesis</h2>
        <p><bdi>${clipped(header.hypothesis, 800)}</bdi></p>
      </div>`
    }
    <dl class="facts">
      ${facts.map(
        ([term, value]) =>
          value &&
          html`<div>
            <dt>${term}</dt>
            <dd><bdi>${value}</bdi></dd>
          </div>`,
      )}
    </dl>
  </header>`;
}

function leftSection({ left, retry, verdict }: RunReport): Markup | null {
  if (left.length === 0 && (retry === null || verdict === null)) {
    return retry === null
      ? null
      : html`<section class="left" aria-labelledby="left">
          <h2 id="left">Finish it with</h2>
          ${command(retry)}
        </section>`;
  }
  return html`<section class="left" aria-labelledby="left">
    <h2 id="left">Still to be put back</h2>
    ${
      left.length > 0 &&
      table(
        "Changes that are still there",
        left,
        [
          {
            head: "Change",
            cell: ({ thing, label }) =>
              html`<b><bdi>${clipped(thing, 200)}</bdi></b>
                <div class="soft">${clipped(label, 300)}</div>`,
          },
          { head: "Why", cell: ({ why }) => html`<bdi>${clipped(why, 400)}</bdi>` },
        ],
        100,
      )
    }
    ${
      retry !== null &&
      html`<p>To put back what is left:</p>
        ${command(retry)}`
    }
  </section>`;
}

const command = (text: string) => html`<pre class="command"><code>${clipped(text, 400)}</code></pre>`;

function chartSection(report: RunReport): Markup | null {
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
      ${drawn.map(({ plan, chart }) => html`<figure class="chart" id="${plan.id}">${caption(plan, report)}${chart.plot}${ruler(axis)}</figure>`)}
    </div>
    ${key(report)}
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
function caption(plan: ChartPlan, { disturbed }: RunReport): Markup {
  const scale = valueScale(plan).logarithmic ? html` <span class="soft">logarithmic</span>` : null;
  return html`<figcaption>
    <span class="chart-title"
      ><bdi>${clipped(plan.title, 120)}</bdi
      >${plan.unit && html` <span class="soft">${clipped(plan.unit, 20)}</span>`}${scale}</span
    >
    <ul class="legend">
      ${plan.series.map(({ name, tint, stats: { before, during } }) => {
        const usual =
          disturbed.from === null
            ? quantity(before.p50, plan.unit)
            : `${quantity(before.p50, plan.unit)} → ${quantity(during.p50, plan.unit)}`;
        return html`<li>
          <i class="swatch ${tint}"></i><bdi>${clipped(name, 60)}</bdi> <output data-usual="${usual}">${usual}</output>
        </li>`;
      })}
    </ul>
  </figcaption>`;
}

function key({ faults, disturbed }: RunReport): Markup {
  const medians =
    disturbed.from === null
      ? "Numbers beside a name are medians."
      : "Numbers beside a name are medians before → during the faults.";
  return html`<p class="key">
    ${
      faults.length > 0 &&
      html`<span><i class="box bar-inject"></i>being made</span><span><i class="box bar-active"></i>fault stands</span
        ><span><i class="box bar-undo"></i>undo</span><span><i class="box bar-failed"></i>failed or still there</span>`
    }<span><i class="dot"></i>answer outside tolerance</span><span class="soft">${medians}</span>
  </p>`;
}

function logSection({ log }: RunReport): Markup | null {
  if (log.length === 0) return null;
  const half = mostLogLines / 2;
  const shown = log.length <= mostLogLines ? log : [...log.slice(0, half), ...log.slice(-half)];
  const missing = log.length - shown.length;
  return html`<section>
    <details class="log">
      <summary>
        <h2>Event log</h2>
        <span class="soft"
          >${counted(log.length, "line")}${missing > 0 && `, the ${amount(missing)} in the middle left out`}</span
        >
      </summary>
      ${table("What was told, in order", shown, [
        { head: "When", numeric: true, cell: ({ t }) => clock(t) },
        { head: "What", cell: ({ word, tone }) => html`<span class="${tone}">${word}</span>` },
        { head: "Which", cell: ({ subject }) => html`<bdi>${clipped(subject, 120)}</bdi>` },
        { head: "Told", cell: ({ text }) => html`<bdi>${clipped(text, 300)}</bdi>` },
      ])}
    </details>
  </section>`;
}

function footer({ header, exitCode }: RunReport): Markup {
  return html`<footer>
    <p>
      <b>identical</b>: undone, worth exact, and verified from outside. <b>compensated</b>: put right, but seen; what
      remains is listed. <b>recovers-by-itself</b>: there was nothing to put back. <b>effect seen</b>: a second
      connection saw the fault bite. <b>accepted</b>: the target took the request, its effect was not seen.
    </p>
    <p>
      Every number was measured; a dash means that it was not. Times count from the run’s first event.
      ${header.version && html`Chaos Agents ${header.version}. `}${exitCode !== null && html`Exit code ${exitCode}.`}
    </p>
  </footer>`;
}
