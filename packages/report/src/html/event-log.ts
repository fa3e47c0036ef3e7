import { counted } from "@chaos-agents/core";
import { amount, clock } from "../quantities.ts";
import type { RunReport } from "../report.ts";
import { clipped, html, type Markup } from "./markup.ts";
import { table } from "./table.ts";

const mostLogLines = 400;

export function logSection({ log }: RunReport): Markup | null {
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
