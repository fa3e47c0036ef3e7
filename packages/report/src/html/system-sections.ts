import { judgementOf } from "../fold/judgement.ts";
import { answered, millis } from "../quantities.ts";
import type { ProbeStats, RunReport } from "../report.ts";
import { badge } from "./fault-sections.ts";
import { clipped, html, type Markup } from "./markup.ts";
import { table } from "./table.ts";

type Finding = RunReport["findings"][number];
type Probe = RunReport["probes"][number];
const windows = ["before", "during", "after"] as const;

export function steadyStateSection(report: RunReport): Markup | null {
  const probes = report.probes.filter((probe) => probe.role === "steady-state");
  if (probes.every((probe) => probe.points.length === 0) && report.checks.length === 0) return null;
  const heads = { before: "Before", during: "During the faults", after: "After the undo" };
  return html`<section aria-labelledby="steady">
    <h2 id="steady">Steady state</h2>
    ${table("What healthy means, and whether it was so", probes, [
      {
        head: "Probe",
        cell: (probe) =>
          html`<b><bdi>${clipped(probe.probe, 200)}</bdi></b
            >${tolerance(probe)}`,
      },
      ...windows.map((when) => ({ head: heads[when], cell: (probe: Probe) => windowCell(report, probe, when) })),
    ])}
  </section>`;
}

function tolerance({ expect, maxLatencyMs, kind }: Probe): Markup {
  const parts = [kind, expect, maxLatencyMs === null ? null : `within ${millis(maxLatencyMs)}`].filter(
    (part) => part !== null,
  );
  return html`<div class="soft">${clipped(parts.join(", "), 200)}</div>`;
}

const judgements = {
  held: badge("good", "held"),
  "not-held": badge("bad", "did not hold"),
  "not-required": badge("plain", "not required"),
};

/** The judgement where there is one, then what was measured meanwhile. */
function windowCell(report: RunReport, probe: Probe, when: (typeof windows)[number]): Markup {
  const judgement = judgementOf(report, probe, when);
  const stats = probe.stats[when];
  if (judgement === null && stats.asked === 0) return html`<span class="soft">not asked</span>`;
  const answers = report.checks.filter((check) => check.when === when).flatMap((check) => check.answers);
  const objection = answers.findLast((answer) => answer.probe === probe.probe && !answer.ok);
  return html`${judgement && judgements[judgement]}${
    judgement === "not-held" && objection && html`<div class="line"><bdi>${clipped(objection.detail, 200)}</bdi></div>`
  }${stats.asked > 0 && measured(stats)}`;
}

function measured({ asked, failed, latencyMs: { n, p50, p95, max } }: ProbeStats): Markup {
  const tone = failed > 0 ? "warn" : "soft";
  const say = (name: string, value: number | null) => `${name} ${millis(value)}`.replaceAll(" ", "\u00a0");
  return html`<div class="line ${tone}">${asked - failed} of ${asked} within tolerance</div>
    ${n > 0 && html`<div class="soft">${say("p50", p50)}, ${say("p95", p95)}, ${say("max", max)}</div>`}`;
}

export function guardSection(report: RunReport): Markup | null {
  const guards = report.probes.filter((probe) => probe.role === "guard");
  if (guards.every((guard) => guard.points.length === 0) && report.trips.length === 0) return null;
  return html`<section aria-labelledby="guards">
    <h2 id="guards">Guards</h2>
    ${table("Probes that would stop the run", guards, [
      {
        head: "Guard",
        cell: (probe) =>
          html`<b><bdi>${clipped(probe.probe, 200)}</bdi></b
            >${tolerance(probe)}`,
      },
      {
        head: "State",
        cell: (probe) => {
          const trip = report.trips.find(({ guard }) => guard === probe.probe);
          return trip
            ? html`${badge("bad", "tripped")}
                <div class="line"><bdi>${clipped(trip.detail, 200)}</bdi></div>`
            : badge("good", "quiet");
        },
      },
      { head: "Asked", numeric: true, cell: ({ points }) => String(points.length) },
      { head: "Lowest to highest", numeric: true, cell: ({ points }) => range(points) },
    ])}
  </section>`;
}

function range(points: Probe["points"]): string {
  const values = points.map(({ value }) => value).filter((value) => typeof value === "number");
  if (values.length === 0) return "–";
  const low = values.reduce((least, value) => Math.min(least, value));
  const high = values.reduce((most, value) => Math.max(most, value));
  return low === high ? answered(low) : `${answered(low)} to ${answered(high)}`;
}

export function preflightSection({ findings, targets }: RunReport): Markup | null {
  if (findings.length + targets.length === 0) return null;
  const tones = { error: "bad", warning: "warn", info: "plain" } as const;
  return html`<section aria-labelledby="preflight">
    <h2 id="preflight">Before anything was touched</h2>
    ${
      targets.length > 0 &&
      table("Targets that were found", targets, [
        {
          head: "Target",
          cell: ({ target, kind }) =>
            html`<b><bdi>${clipped(target, 120)}</bdi></b
              >${target !== kind && html` <span class="soft">${kind}</span>`}`,
        },
        { head: "Where", cell: ({ label }) => html`<bdi>${clipped(label, 200)}</bdi>` },
        { head: "What it is", cell: ({ summary }) => html`<bdi>${clipped(summary, 300)}</bdi>` },
      ])
    }
    ${
      findings.length > 0 &&
      table(
        "Preflight findings",
        findings,
        [
          { head: "Level", cell: ({ level }) => badge(tones[level], level) },
          {
            head: "Finding",
            cell: ({ message, skill }) =>
              html`${skill && html`<code>${skill}</code> `}<bdi>${clipped(message, 400)}</bdi>`,
          },
          ...(findings.some(({ remedy }) => remedy)
            ? [
                {
                  head: "What mends it",
                  cell: ({ remedy }: Finding) => (remedy ? html`<bdi>${clipped(remedy, 400)}</bdi>` : "–"),
                },
              ]
            : []),
        ],
        100,
      )
    }
  </section>`;
}
