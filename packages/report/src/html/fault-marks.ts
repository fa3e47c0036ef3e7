import type { FaultReport, RunReport } from "../report.ts";
import { clipped, html, type Markup } from "./markup.ts";
import type { TimeAxis } from "./time-axis.ts";

/** A fault as charts show it: from when it bit until its undo began. */
export interface FaultWindow {
  tag: string;
  name: string;
  from: number;
  until: number;
}

/** Shared by every chart of a page, so that they read as one. */
export interface ChartFrame {
  axis: TimeAxis;
  windows: FaultWindow[];
  /** When something was being put back; what follows closely counts as one. */
  undos: { from: number; until: number }[];
  recoveredAt: number | null;
  stoppedAt: number | null;
}

const mostWindows = 12;
/** Percent of the axis. */
const closely = 2;

export const faultTag = (index: number) => (index < 26 ? String.fromCharCode(65 + index) : String(index + 1));
export const faultName = (fault: Pick<FaultReport, "skill" | "fault">) =>
  clipped(fault.skill ?? `fault ${fault.fault}`, 80);

export function chartFrame(report: RunReport, axis: TimeAxis): ChartFrame {
  return {
    axis,
    windows: faultWindows(report, axis),
    undos: undoSpans(report, axis),
    recoveredAt: report.recovery?.ms == null ? null : axis.x(report.recovery.t),
    stoppedAt: report.stops[0] ? axis.x(report.stops[0].t) : null,
  };
}

function undoSpans(report: RunReport, axis: TimeAxis): { from: number; until: number }[] {
  const spans: { from: number; until: number }[] = [];
  const undoing = report.undos.flatMap(({ startedAt, endedAt }) =>
    startedAt === null ? [] : [{ from: axis.x(startedAt), until: axis.x(Math.max(startedAt, endedAt ?? axis.until)) }],
  );
  for (const { from, until } of undoing.toSorted((a, b) => a.from - b.from)) {
    const last = spans.at(-1);
    if (last && from - last.until < closely) last.until = Math.max(last.until, until);
    else spans.push({ from, until });
  }
  return spans;
}

/** Where there are too many to tell apart, one window for all of them. */
function faultWindows(report: RunReport, axis: TimeAxis): FaultWindow[] {
  const windows = report.faults.flatMap((fault, index) => {
    const start = fault.activeFrom ?? fault.startedAt;
    if (start === null || fault.landing === "not-landed") return [];
    const stuck = fault.outcome === null || fault.outcome === "failed";
    const end = stuck ? axis.until : (fault.undoStartedAt ?? fault.undoneAt!);
    return [{ tag: faultTag(index), name: faultName(fault), from: axis.x(start), until: axis.x(Math.max(start, end)) }];
  });
  if (windows.length <= mostWindows) return windows;
  const from = windows.reduce((low, window) => Math.min(low, window.from), 100);
  const until = windows.reduce((high, window) => Math.max(high, window.until), 0);
  return [{ tag: String(windows.length), name: "faults", from, until }];
}

export const percent = (value: number) => `${Math.round(value * 100) / 100}%`;

/** Behind the lines, from `top` down: fault windows shaded, the undo, and where time was cut out. */
export function backdrop({ axis, windows, undos }: ChartFrame, top: number, height: number): Markup {
  const band = (kind: string, from: number, until: number, least = 0) =>
    html`<rect
      class="${kind}"
      x="${percent(from)}"
      y="${top}"
      width="${percent(Math.max(least, until - from))}"
      height="${height}"
    />`;
  return html`${windows.map(
    ({ from, until }) => html`${band("bite", from, until)}${upright("bite-edge", from, top, height)}`,
  )}${undos.map(({ from, until }) => band("undoing", from, until, 0.2))}${axis.cuts.map((cut) => band("cut", cut.from, cut.until))}`;
}

/** Before the lines: where it was stopped, and where the steady state was back. */
export function foreground({ recoveredAt, stoppedAt }: ChartFrame, top: number, height: number): Markup {
  return html`${stoppedAt !== null && upright("stopped", stoppedAt, top, height)}${recoveredAt !== null && upright("recovered", recoveredAt, top, height)}`;
}

const upright = (kind: string, x: number, top: number, height: number) =>
  html`<line class="${kind}" x1="${percent(x)}" x2="${percent(x)}" y1="${top}" y2="${top + height}" />`;

/** Moved, shown and hidden by the hover script. */
export const crosshair = (top: number, height: number) =>
  html`<line class="cross" y1="${top}" y2="${top + height}" visibility="hidden" />`;

/** Names of the fault windows above a chart, on as many lines as it takes for them not to run into each other. */
export function windowLabels(windows: readonly FaultWindow[], lineHeight = 15): { height: number; markup: Markup } {
  const ends: number[] = [];
  const placed = windows.map((window) => {
    const width = (window.name.length + 3) * 0.66;
    const start = Math.min(window.from, Math.max(0, 100 - width));
    const found = ends.findIndex((end) => end <= start);
    const lane = found === -1 ? ends.length : found;
    ends[lane] = start + width;
    return { window, start, lane };
  });
  const markup = placed.map(
    ({ window, start, lane }) =>
      html`<text class="bite-name" x="${percent(start)}" y="${lane * lineHeight + 10}" dx="3"
        ><tspan class="tag">${window.tag}</tspan><tspan class="wide"> ${window.name.slice(0, 60)}</tspan></text
      >`,
  );
  return { height: ends.length * lineHeight + 2, markup: html`${markup}` };
}
