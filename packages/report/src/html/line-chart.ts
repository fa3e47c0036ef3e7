import { counted } from "@chaos-agents/core";
import { scaleLinear, scaleLog } from "d3-scale";
import { area, line } from "d3-shape";
import { bareQuantity, quantity } from "../quantities.ts";
import type { ChartPlan } from "./chart-plan.ts";
import { chartSteps, extremesOf, stepsOf } from "./decimate.ts";
import { backdrop, type ChartFrame, crosshair, foreground, percent, windowLabels } from "./fault-marks.ts";
import { html, type Markup, trusted } from "./markup.ts";
import type { TimeAxis } from "./time-axis.ts";

/** What the hover script reads: per step its place, its moment, and per series a number or the lowest and highest. */
export interface Readings {
  id: string;
  unit: string | null;
  x: number[];
  t: number[];
  series: (number | null | [number, number])[][];
}

const plotHeight = 132;
const limitOfDrawing = 1e15;

interface Point {
  x: number;
  y: number | null;
}

/** One chart as SVG. Words keep their size at any width: only the lines stretch. */
export function lineChart(plan: ChartPlan, frame: ChartFrame): { plot: Markup; readings: Readings; thinned: boolean } {
  const { axis } = frame;
  const x = plan.t.map((t) => axis.x(t));
  const steps = stepsOf(x);
  const extremes = plan.series.map(({ values }) => steps.map((members) => extremesOf(values, members)));
  const scale = valueScale(plan);
  const place = (value: number) => Math.round(1_000 - scale.y(drawable(value)));
  const labels = windowLabels(frame.windows);
  const top = labels.height + 6;
  const lines = plan.series.map((series, index) => {
    const points = extremes[index]!.flatMap(({ at }, step): Point[] => {
      const first = steps[step]![0]!;
      const previous = step === 0 ? first : steps[step - 1]![0]!;
      const broken = axis.stretchOf(plan.t[first]!) !== axis.stretchOf(plan.t[previous]!);
      const own = at.map((i) => ({ x: Math.round(x[i]! * 10), y: place(series.values[i]!) }));
      const gap = { x: Math.round(x[first]! * 10), y: null };
      return own.length === 0 ? [gap] : broken ? [gap, ...own] : own;
    });
    return drawn(plan.style, series.tint, points);
  });
  const height = top + plotHeight;
  const plot = html`<svg class="plot" width="100%" height="${height}" role="img" aria-label="${spoken(plan)}">
    ${backdrop(frame, labels.height, height - labels.height)}${labels.markup}
    <svg y="${top}" width="100%" height="${plotHeight}" overflow="visible">
      ${scale.ticks.map((tick) => html`<line class="grid" x1="0" x2="100%" y1="${percent(place(tick) / 10)}" y2="${percent(place(tick) / 10)}" />`)}
      <svg width="100%" height="100%" viewBox="0 0 1000 1000" preserveAspectRatio="none" overflow="visible">
        ${lines}
      </svg>
      ${plan.limits.filter(({ value }) => scale.reaches(value)).map((limit) => limitLine(limit, place(limit.value) / 10, plan.unit))}
      ${failureMarks(plan, axis)}
      ${scale.ticks.map((tick) => html`<text class="scale" x="0" y="${percent(place(tick) / 10)}">${tickText(tick, plan.unit)}</text>`)}
    </svg>
    ${foreground(frame, labels.height, height - labels.height)} ${crosshair(labels.height, height - labels.height)}
  </svg>`;
  const readings: Readings = {
    id: plan.id,
    unit: plan.unit,
    x: steps.map((members) => round3(x[members[0]!]!)),
    t: steps.map((members) => Math.round(plan.t[members[0]!]!)),
    series: extremes.map((list) =>
      list.map(({ low, high }) => (low === null ? null : low === high ? round3(low) : [round3(low), round3(high!)])),
    ),
  };
  return { plot, readings, thinned: plan.t.length > 2 * chartSteps };
}

const compact = new Intl.NumberFormat("en-US", { notation: "compact", maximumSignificantDigits: 3 });

/** Short enough to stand beside a chart, whose title says the unit. */
export const tickText = (value: number, unit: string | null) =>
  unit !== "ms" && Math.abs(value) >= 1e5 && Math.abs(value) < 1e15
    ? `${compact.format(value)}${unit === "%" ? unit : ""}`
    : bareQuantity(value, unit);

const round3 = (value: number) => Number(value.toPrecision(4));
/** Numbers too large, or too near to zero, have no ticks. */
const drawable = (value: number) =>
  Math.abs(value) < 1 / limitOfDrawing ? 0 : Math.max(-limitOfDrawing, Math.min(limitOfDrawing, value));

function drawn(style: ChartPlan["style"], tint: string, points: readonly Point[]): Markup {
  const tame = (path: string | null) => trusted(path ?? "");
  if (style === "bars") {
    const bars = points.filter(({ y }) => y !== null && y < 1_000).map(({ x, y }) => `M${x} 1000V${y}`);
    return html`<path class="bar ${tint}" d="${bars.join("")}" />`;
  }
  const defined = (point: Point) => point.y !== null;
  const stroke = line<Point>(
    (p) => p.x,
    (p) => p.y!,
  )
    .defined(defined)
    .digits(0);
  const fill = area<Point>()
    .x((p) => p.x)
    .y0(1_000)
    .y1((p) => p.y!)
    .defined(defined)
    .digits(0);
  const under = style === "area" ? html`<path class="fill ${tint}" d="${tame(fill([...points]))}" />` : null;
  return html`${under}<path class="line ${tint}" d="${tame(stroke([...points]))}" />`;
}

interface ValueScale {
  /** 0 at the bottom, 1000 at the top. */
  y(value: number): number;
  ticks: number[];
  logarithmic: boolean;
  /** Whether a limit is near enough to be drawn; one far above all that was measured would press the line to the floor. */
  reaches(limit: number): boolean;
}

/** Linear from zero; logarithmic for latencies that range over more than two powers of ten, so that normal stays visible. */
export function valueScale({ series, limits, unit }: Pick<ChartPlan, "series" | "limits" | "unit">): ValueScale {
  const all = series.flatMap(({ values }) => values.filter((value) => value !== null)).map(drawable);
  const most = all.reduce((most, value) => Math.max(most, value), 0);
  const reaches = (limit: number) => limit <= 4 * most;
  all.push(
    ...limits
      .map(({ value }) => value)
      .filter(reaches)
      .map(drawable),
  );
  const high = all.reduce((most, value) => Math.max(most, value), 0);
  const low = all.reduce((least, value) => Math.min(least, value), 0);
  const smallest = all.reduce((least, value) => (value > 0 ? Math.min(least, value) : least), Infinity);
  if (unit === "ms" && smallest > 0.001 && high / smallest > 100) {
    const floor = 10 ** Math.floor(Math.log10(smallest));
    const scale = scaleLog([floor, high], [0, 960]).clamp(true);
    const powers = scale.ticks().filter((tick) => Number.isInteger(Math.round(Math.log10(tick) * 1e6) / 1e6));
    return { y: (value) => scale(Math.max(value, floor)), ticks: powers, logarithmic: true, reaches };
  }
  const scale = scaleLinear([low, high === low ? low + 1 : high], [0, 960]).nice(3);
  return { y: (value) => scale(value), ticks: scale.ticks(3), logarithmic: false, reaches };
}

function limitLine(limit: ChartPlan["limits"][number], y: number, unit: string | null): Markup {
  return html`<line class="limit" x1="0" x2="100%" y1="${percent(y)}" y2="${percent(y)}" />
    <text class="limit-name" x="100%" y="${percent(y)}" dx="-4" dy="${y < 12 ? 13 : -4}"
      >${limit.label} ${quantity(limit.value, unit)}</text
    >`;
}

/** A mark on the floor for every answer outside tolerance, where they do not fall on one another. */
function failureMarks({ failures }: ChartPlan, axis: TimeAxis): Markup {
  const places = new Set(failures.map((t) => Math.round(axis.x(t) * 3) / 3));
  return html`${[...places].map((at) => html`<circle class="failure" cx="${percent(at)}" cy="100%" r="3" />`)}`;
}

function spoken({ title, unit, series, failures }: ChartPlan): string {
  const words = series.map(({ name, stats: { before, during } }) => {
    const parts = [
      ...(before.n > 0 ? [`median ${quantity(before.p50, unit)} before the faults`] : []),
      ...(during.n > 0
        ? [`median ${quantity(during.p50, unit)}, highest ${quantity(during.max, unit)} during them`]
        : []),
    ];
    return `${name}: ${parts.join("; ") || "no values"}`;
  });
  const failed = failures.length > 0 ? `. ${counted(failures.length, "answer")} outside tolerance` : "";
  return `Chart of ${title}. ${words.join(". ")}${failed}.`;
}
