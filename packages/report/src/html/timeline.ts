import type { Phase } from "@chaos-agents/core";
import { clock, millis } from "../quantities.ts";
import type { RunReport } from "../report.ts";
import { backdrop, type ChartFrame, crosshair, faultName, faultTag, foreground, percent } from "./fault-marks.ts";
import { clipped, html, type Markup } from "./markup.ts";

const mostRows = 40;
const rowHeight = 34;
const stripHeight = 24;
const marksHeight = 22;

const phaseTone: Record<Phase, "quiet" | "bite" | "undo"> = {
  discover: "quiet",
  plan: "quiet",
  preflight: "quiet",
  "steady-state": "quiet",
  inject: "bite",
  observe: "bite",
  undo: "undo",
  verify: "undo",
  recover: "undo",
};

/** Phases on top, then what happened to the whole run, then a row for every fault: made, standing, undone. */
export function timeline(report: RunReport, frame: ChartFrame): Markup {
  const started = report.faults.flatMap((fault, index) => (fault.startedAt === null ? [] : [{ fault, index }]));
  const shown = started.slice(0, mostRows);
  const more = report.faults.length - shown.length;
  const top = stripHeight + marksHeight;
  const height = top + shown.length * rowHeight + 4;
  const spoken = report.phases.map(
    ({ phase, startedAt, endedAt }) => `${phase} ${millis((endedAt ?? report.lastAt) - startedAt)}`,
  );
  return html`<svg
      class="plot timeline"
      width="100%"
      height="${height}"
      role="img"
      aria-label="Timeline. Phases: ${spoken.join(", ")}. The faults are in the table below."
    >
      ${backdrop({ ...frame, windows: [] }, stripHeight, height - stripHeight)}
      ${report.phases.map((phase) => phaseSegment(phase, report, frame))} ${marks(report, frame)}
      ${shown.map(({ fault, index }, row) => faultRow(fault, index, top + row * rowHeight, frame))}
      ${foreground(frame, stripHeight, height - stripHeight)} ${crosshair(stripHeight, height - stripHeight)}
    </svg>
    ${more > 0 && html`<p class="aside">${started.length === 0 ? "No fault was started." : `${more} more are in the table.`}</p>`}`;
}

function phaseSegment(phase: RunReport["phases"][number], report: RunReport, { axis }: ChartFrame): Markup {
  const until = phase.endedAt ?? report.lastAt;
  const x = axis.x(phase.startedAt);
  const width = Math.max(0.15, axis.x(until) - x);
  const room = width > 24 ? "" : width > 9 ? "wide" : "none";
  return html`<g>
    <title>${phase.phase}: ${millis(until - phase.startedAt)}</title>
    <rect
      class="phase ${report.disturbed.from === null ? "quiet" : phaseTone[phase.phase]}"
      x="${percent(x)}"
      y="0"
      width="${percent(width)}"
      height="${stripHeight - 4}"
    />
    ${room !== "none" && html`<text class="phase-name ${room}" x="${percent(x + width / 2)}" y="14">${phase.phase}</text>`}</g
  >`;
}

/** Percent of the axis that two short words take on a narrow screen. */
const wordsWide = 14;

/** What happened to the whole run, in words above the rows; beside a cut, the undo is named inside its band. */
function marks({ trips, stops, recovery }: RunReport, { axis, undos, stoppedAt, recoveredAt }: ChartFrame): Markup {
  const undo = undos.at(-1);
  const cut = axis.cuts.length > 0;
  const y = stripHeight + 12;
  const mark = (kind: string, x: number, shift: number, text: Markup | string) =>
    html`<text class="mark ${kind}" x="${percent(x)}" y="${y}" dx="${shift}">${text}</text>`;
  const stop = trips.length > 0 ? "guard" : stops[0]?.by === "interrupt" ? "interrupted" : (stops[0]?.by ?? "");
  const ending =
    stoppedAt !== null
      ? { kind: "stop", x: stoppedAt, text: undo && !cut ? `${stop}, undo` : stop }
      : undo && !cut
        ? { kind: "undo", x: undo.from, text: "undo" }
        : null;
  const late = recoveredAt !== null && recoveredAt > 100 - wordsWide;
  const joined = late && ending !== null && ending.x > recoveredAt - wordsWide;
  const inBand = cut && undo !== undefined && !(late && undo.from > recoveredAt - 2 * wordsWide);
  const after = html`<tspan class="wide"> again, ${millis(recovery?.ms ?? null)} after</tspan>`;
  return html`${axis.cuts.map(({ from, ms }) => mark("end", from, -4, `${clock(ms)} later`))}${
    ending && !joined && mark(`${ending.kind} end`, ending.x, -4, ending.text)
  }${inBand && mark("undo", undo.from, 3, "undo")}${
    recoveredAt !== null &&
    (late
      ? mark(
          "good end",
          recoveredAt,
          -4,
          html`${joined && html`<tspan class="${ending.kind}">${ending.text}, </tspan>`}steady`,
        )
      : mark("good", recoveredAt, 4, html`steady${recoveredAt < 82 && after}`))
  }`;
}

function faultRow(fault: RunReport["faults"][number], index: number, y: number, { axis }: ChartFrame): Markup {
  const barY = y + 17;
  const bar = (kind: string, from: number, until: number) => {
    const x = axis.x(from);
    return html`<rect
      class="${kind}"
      x="${percent(x)}"
      y="${barY}"
      width="${percent(Math.max(0.3, axis.x(until) - x))}"
      height="9"
      rx="2"
    />`;
  };
  const { startedAt, activeFrom, undoStartedAt, undoneAt } = fault;
  const end = axis.until;
  const failedAt = fault.errors[0]?.t ?? null;
  const stood = undoStartedAt ?? undoneAt ?? end;
  const stuck = fault.outcome === "failed" || fault.outcome === null;
  const parts: Markup[] = [];
  if (startedAt !== null) {
    parts.push(bar("bar-inject", startedAt, activeFrom ?? failedAt ?? stood));
    if (activeFrom !== null)
      parts.push(bar("bar-active", activeFrom, failedAt === null ? stood : Math.min(failedAt, stood)));
    if (failedAt !== null) parts.push(bar("bar-failed", failedAt, Math.max(failedAt, stood)));
    if (undoStartedAt !== null) parts.push(bar(stuck ? "bar-stuck" : "bar-undo", undoStartedAt, undoneAt ?? end));
    if (stuck && undoneAt !== null) parts.push(bar("bar-stuck", undoneAt, end));
  }
  const left = axis.x(startedAt ?? 0);
  const anchor = left + (faultName(fault).length + 2) * 2.4 > 100 ? "end" : "";
  const word = stateWord(fault);
  const things = fault.things.map((thing) => thing.key);
  const about = things.length > 1 ? `${things.length} things` : clipped(things[0] ?? "", 80);
  return html`<g>
    <title>${faultName(fault)} ${about}${word}</title>
    <line class="row" x1="0" x2="100%" y1="${y}" y2="${y}" />
    <text class="fault-name ${anchor}" x="${percent(anchor ? 100 : left)}" y="${y + 12}"
      ><tspan class="tag">${faultTag(index)}</tspan> ${faultName(fault).slice(0, 40)}<tspan class="wide soft">
        ${about.slice(0, 40)}</tspan
      ><tspan class="wide soft">${word}</tspan></text
    >
    ${parts}</g
  >`;
}

function stateWord({ landing, outcome, state }: RunReport["faults"][number]): string {
  if (landing === "not-landed") return " · did not land";
  if (landing === "lost") return " · was lost";
  if (outcome === "failed") return " · not undone";
  if (outcome === "conflict") return " · conflict";
  return state === "active" || state === "injecting" ? " · still there" : "";
}
