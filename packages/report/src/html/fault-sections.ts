import { outcomeText, outcomeTones } from "../fold/describe-event.ts";
import { isIdentical } from "../fold/summarise.ts";
import { clock, millis } from "../quantities.ts";
import type { RunReport, Tone, UndoReport } from "../report.ts";
import { faultName, faultTag } from "./fault-marks.ts";
import { clipped, html, type Markup } from "./markup.ts";
import { table } from "./table.ts";

const mostRows = 200;

type Fault = RunReport["faults"][number];

export const badge = (tone: Tone, text: string): Markup => html`<span class="badge ${tone}">${text}</span>`;

const lines = (items: readonly (Markup | string)[]): Markup =>
  html`${items.map((item) => html`<div class="line"><bdi>${item}</bdi></div>`)}`;

export function faultSection(report: RunReport): Markup | null {
  if (report.faults.length === 0) return null;
  const indexed = report.faults.map((fault, index) => ({ fault, tag: faultTag(index) }));
  return html`<section aria-labelledby="faults">
    <h2 id="faults">Faults</h2>
    ${table(
      "What was broken, and how that was seen",
      indexed,
      [
        {
          head: "Fault",
          cell: ({ fault, tag }) =>
            html`<div class="tagged">
              <b class="tag-box">${tag}</b>
              <div>${nameOf(fault)}${targetLine(fault)}</div>
            </div>`,
        },
        { head: "What it touched", cell: ({ fault }) => thingsCell(fault) },
        { head: "Landed", cell: ({ fault }) => landingCell(fault) },
        { head: "Stood", cell: ({ fault }) => html`<span class="whole">${stoodCell(fault)}</span>` },
        { head: "Undo is worth", cell: ({ fault }) => html`<span class="whole">${fault.reversal ?? "–"}</span>` },
      ],
      mostRows,
    )}
  </section>`;
}

function nameOf(fault: Fault): Markup {
  const name = faultName(fault);
  return html`<code class="${name.length <= 32 ? "whole" : ""}">${clipped(name, 80)}</code>`;
}

const targetLine = ({ target }: Fault) =>
  target === null ? null : html`<div class="soft">on ${clipped(target, 80)}</div>`;

function thingsCell({ things, params, notes }: Fault): Markup {
  const shown = things.slice(0, 5).map(({ label }) => clipped(label, 200));
  if (things.length > 5) shown.push(`and ${things.length - 5} more`);
  const told = notes.slice(0, 5).map(({ message }) => html`<span class="soft">Note: ${clipped(message, 200)}</span>`);
  const asked =
    params === null
      ? null
      : html`<details>
          <summary>Params</summary>
          <pre>${clipped(paramLines(params), 1_500)}</pre>
        </details>`;
  return html`${lines([...shown, ...told])}${asked}`;
}

const paramLines = (params: unknown) =>
  Object.entries(params ?? {})
    .map(([name, value]) => `${name}: ${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join("\n");

function landingCell(fault: Fault): Markup {
  const { landing, things, errors } = fault;
  const witnesses = things.flatMap(({ witness }) => (witness ? [witness] : []));
  const seen = witnesses.filter((witness) => witness.landed).map((witness) => witness.seen);
  const word = seen.length > 0 && seen.every((one) => one === "effect") ? "effect seen" : "accepted";
  const verdicts: Record<string, Markup> = {
    landed: badge(word === "effect seen" ? "good" : "plain", word),
    "not-landed": badge("bad", "did not land"),
    lost: badge("bad", "landed, then lost"),
  };
  const details = witnesses.slice(0, 3).map((witness) => clipped(witness.detail, 200));
  const failures = errors
    .slice(0, 3)
    .map(({ message, remedy }) => html`${clipped(message, 300)}${remedy && html` <b>→ ${clipped(remedy, 200)}</b>`}`);
  return html`${landing === null ? badge("plain", fault.startedAt === null ? "never started" : "not looked at") : verdicts[landing]!}${lines([...details, ...failures])}`;
}

function stoodCell({ startedAt, activeFrom, undoneAt, outcome }: Fault): string {
  if (startedAt === null) return "never started";
  const from = activeFrom ?? startedAt;
  const until = outcome === "failed" ? null : undoneAt;
  return until === null ? `since ${clock(from)}` : `${clock(from)} to ${clock(until)}`;
}

export function undoSection(report: RunReport): Markup | null {
  if (report.undos.length === 0) return null;
  const names = new Map(report.faults.map((fault) => [fault.fault, nameOf(fault)]));
  const rank: Record<string, number> = { failed: 0, conflict: 2, undone: 3, already: 3 };
  const order = (undo: UndoReport) => (undo.outcome === null ? 1 : rank[undo.outcome]!);
  const rows = report.undos.toSorted((a, b) => order(a) - order(b) || (a.startedAt ?? 0) - (b.startedAt ?? 0));
  return html`<section aria-labelledby="undo">
    <h2 id="undo">Undo</h2>
    ${table(
      "How each change was put back, and what that is worth",
      rows,
      [
        {
          head: "Change",
          cell: (undo) =>
            html`${names.get(undo.fault)} <bdi>${clipped(undo.thing, 200)}</bdi>
              <div class="soft">${clipped(undo.label, 200)}</div>`,
        },
        { head: "Outcome", cell: outcomeCell },
        { head: "What was done", cell: (undo) => html`<bdi>${clipped(undo.detail ?? "–", 300)}</bdi>` },
        { head: "What remains", cell: remainsCell },
        { head: "Took", numeric: true, cell: (undo) => millis(undo.ms) },
      ],
      mostRows,
    )}
  </section>`;
}

/** Only what is exact, verified and leaves nothing may be called identical. */
function outcomeCell(undo: UndoReport): Markup {
  if (undo.outcome === null) return badge("bad", "not undone");
  const text = outcomeText(undo.outcome, undo.worth);
  const again = undo.attempts > 1 ? html`<div class="soft">at attempt ${undo.attempts}</div>` : null;
  return html`${badge(toneOf(undo), isIdentical(undo) ? "identical" : text)}${isIdentical(undo) && html`<div class="soft">${text}, verified</div>`}${again}`;
}

function toneOf({ outcome, worth }: UndoReport): Tone {
  const tone = outcome === null ? "bad" : outcomeTones[outcome];
  return tone === "good" && worth !== "exact" ? "plain" : tone;
}

function remainsCell({ remains, residues, outcome, worth }: UndoReport): Markup {
  const seen = (residues ?? []).map((residue) => html`<b class="bad">${clipped(residue, 300)}</b>`);
  if (remains.length + seen.length > 0) return lines([...remains.map((text) => clipped(text, 300)), ...seen]);
  if (outcome === null || outcome === "failed") return html`–`;
  const clean = worth === "compensated" ? "nothing of ours" : "nothing";
  return html`<span class="soft">${residues === null ? "not looked for" : clean}</span>`;
}
