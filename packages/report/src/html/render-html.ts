import { createHash } from "node:crypto";
import { keyFigures } from "../key-figures.ts";
import type { RunReport } from "../report.ts";
import { shownVerdict } from "../verdict.ts";
import { courseSection } from "./course.ts";
import { logSection } from "./event-log.ts";
import { faultSection, undoSection } from "./fault-sections.ts";
import { hoverScript } from "./hover.ts";
import { clipped, html, type Markup, trusted } from "./markup.ts";
import { leftSection, masthead } from "./masthead.ts";
import { guardSection, preflightSection, steadyStateSection } from "./system-sections.ts";
import { theme } from "./theme.ts";

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
        ${trusted(`<style>${theme}</style>`)}
      </head>
      <body class="verdict-${tone}">
        <main>
          ${masthead(report, name)} ${leftSection(report)} ${figureSection(report)} ${courseSection(report)}
          ${steadyStateSection(report)} ${guardSection(report)} ${faultSection(report)} ${undoSection(report)}
          ${preflightSection(report)} ${logSection(report)} ${footer(report)}
        </main>
        ${trusted(`<script>${hoverScript}</script>`)}
      </body>
    </html> `.text;
}

function figureSection(report: RunReport): Markup | null {
  const figures = keyFigures(report);
  if (figures.length === 0) return null;
  return html`<section class="figures" aria-label="Key figures">
    <dl>
      ${figures.map(
        ({ label, value, about, tone }) =>
          html`<div>
            <dt>${label}</dt>
            <dd class="value ${tone}">${numberAndUnit(value)}</dd>
            <dd class="about"><bdi>${clipped(about, 120)}</bdi></dd>
          </div>`,
      )}
    </dl>
  </section>`;
}

/** The number large, what follows it small. */
function numberAndUnit(value: string): Markup {
  const [, number, rest] = /^([\d.,]+) (.+)$/.exec(value) ?? [];
  return number ? html`${number}<small> ${clipped(rest!, 40)}</small>` : html`${value}`;
}

function footer({ header, exitCode }: RunReport): Markup {
  return html`<footer>
    <p>
      <b>identical</b>: undone, worth exact, and verified from outside. <b>compensated</b>: put right, but it can be
      seen that something happened, such as a key sequence that moved on. <b>recovers-by-itself</b>: there was nothing
      to put back. <b>effect seen</b>: a second connection saw the fault bite. <b>accepted</b>: the target took the
      request, its effect was not seen.
    </p>
    <p>
      Every number was measured; a dash means that it was not. Times count from the run’s first event.
      ${header.version && html`Made by Chaos Agents ${header.version}. `}${exitCode !== null && html`Exit code ${exitCode}.`}
    </p>
  </footer>`;
}
