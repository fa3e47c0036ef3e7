import { furtherReason } from "../fold/summarise.ts";
import { clock, utc } from "../quantities.ts";
import type { RunReport } from "../report.ts";
import { shownVerdict } from "../verdict.ts";
import { clipped, html, type Markup } from "./markup.ts";
import { table } from "./table.ts";

const icons = {
  good: "M7 12.5l3.4 3.4L17 9",
  plain: "M12 11v6M12 7.4v.2",
  warn: "M12 7v6.5M12 16.8v.2",
  bad: "M8 8l8 8M16 8l-8 8",
};

/** What it was, how it ended, and what was expected. */
export function masthead(report: RunReport, name: string): Markup {
  const { header, summary } = report;
  const reason = furtherReason(report);
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
    ["Seed", header.seed === null ? null : html`<code>${header.seed}</code>`],
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
        <p class="summary"><bdi>${clipped(unbroken(summary), 500)}</bdi></p>
        ${reason !== null && html`<p class="reason"><bdi>${clipped(reason, 400)}</bdi></p>`}
        ${report.remedy !== null && html`<p class="reason"><bdi>${clipped(report.remedy, 400)}</bdi></p>`}
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

/** No line ends between a number and its unit. */
const unbroken = (text: string) => text.replaceAll(/(?<=\d) (?=m?s\b)/g, "\u00a0");

/** First of all that follows: what still has to be done by somebody. */
export function leftSection({ left, retry, verdict }: RunReport): Markup | null {
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
