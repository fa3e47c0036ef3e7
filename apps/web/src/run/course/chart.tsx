import {
  bareQuantity,
  type ChartFrame,
  type ChartPlan,
  quantity,
  tickText,
  valueScale,
} from "@chaos-agents/report/browser";
import { memo, useEffect, useLayoutEffect, useMemo, useRef } from "react";
import uPlot from "uplot";
import { onThemeChange } from "../../design/theme.ts";
import { type ChartData, dataOf, lonely } from "./chart-data.ts";
import { fittingTicks } from "./labels.ts";
import { forget, redraw } from "./redraws.ts";
import { chartFont, type Colours, coloursNow, paintBackdrop, paintForeground, type Picture } from "./paint.ts";

/** All charts of a page, so that the keyboard can point in every one. */
export type Plots = Set<uPlot>;

interface Chart {
  plan: ChartPlan;
  frame: ChartFrame;
  plots: Plots;
  onPoint: (x: number | null) => void;
}

const height = 168;

/** Lines on one axis of time with every other chart. The plot is made once; new data only redraws it. */
export const Chart = memo(function Chart({ plan, frame, plots, onPoint }: Chart) {
  const place = useRef<HTMLDivElement>(null);
  const legend = useRef<HTMLUListElement>(null);
  const plot = useRef<uPlot | null>(null);
  const picture = useRef<Picture>(null!);
  const scale = useMemo(() => valueScale(plan), [plan]);
  picture.current = { plan, frame, scale };
  const drawn = useRef<ChartData>(null!);
  const shape = `${plan.style} ${plan.series.map(({ name, tint }) => `${name}/${tint}`).join(" ")}`;

  useLayoutEffect(() => {
    const element = place.current!;
    let colours = coloursNow();
    const point = (u: uPlot) => {
      const index = u.cursor.idx ?? null;
      readOut(legend.current, picture.current.plan, index === null ? null : (drawn.current.moments[index] ?? null));
      onPoint(index === null ? null : (u.data[0][index] ?? null));
    };
    drawn.current = dataOf(plan, frame, (value) => scale.y(value));
    const u = new uPlot(
      optionsOf(element.clientWidth, picture, () => colours, point),
      alignedOf(drawn.current),
      element,
    );
    plot.current = u;
    plots.add(u);
    const unwatch = onThemeChange(() => {
      colours = coloursNow();
      u.redraw(false);
    });
    const resizing = new ResizeObserver(() => {
      if (element.clientWidth > 0 && element.clientWidth !== u.width) u.setSize({ width: element.clientWidth, height });
    });
    resizing.observe(element);
    return () => {
      resizing.disconnect();
      unwatch();
      plots.delete(u);
      forget(u);
      u.destroy();
      plot.current = null;
    };
  }, [shape, plots, onPoint]);

  useEffect(() => {
    const { current: u } = plot;
    if (!u) return;
    redraw(u, () => {
      drawn.current = dataOf(plan, frame, (value) => scale.y(value));
      u.setData(alignedOf(drawn.current));
    });
  }, [plan, frame, scale]);

  return (
    <figure className="border-t border-line pt-3 first:border-t-0">
      <Caption
        plan={plan}
        legend={legend}
        far={plan.limits.filter(({ value }) => !scale.reaches(value))}
        logarithmic={scale.logarithmic}
      />
      <div ref={place} role="img" aria-label={`${plan.title}: ${plan.series.map(usualWords(plan)).join("; ")}`} />
    </figure>
  );
});

function Caption({
  plan,
  legend,
  far,
  logarithmic,
}: {
  plan: ChartPlan;
  legend: React.RefObject<HTMLUListElement | null>;
  far: ChartPlan["limits"];
  logarithmic: boolean;
}) {
  const notes = [
    ...(plan.unit === null || plan.unit === "ms" ? [] : [plan.unit]),
    ...(logarithmic ? ["logarithmic scale"] : []),
    ...far.map(({ label, value }) => `limit ${label} ${quantity(value, plan.unit)}`),
  ];
  return (
    <figcaption className="flex flex-wrap justify-between gap-x-6 gap-y-0.5 pb-1">
      <span className="font-semibold">
        {plan.title} <span className="font-normal text-soft">{notes.join(", ")}</span>
      </span>
      <ul ref={legend} className="flex flex-wrap gap-x-4 text-sm text-soft">
        {plan.series.map((series) => (
          <li key={series.name} className="flex items-center gap-1.5">
            <i aria-hidden className="h-0.75 w-3.5 rounded-full" style={{ background: `var(--${series.tint})` }} />
            {series.name} <b className="font-semibold text-ink">{usual(plan, series)}</b>
          </li>
        ))}
      </ul>
    </figcaption>
  );
}

/** What was normal, and what the faults made of it. */
function usual({ typical, unit }: ChartPlan, { stats: { before, during } }: ChartPlan["series"][number]): string {
  const known = [before[typical], during[typical]].filter((value) => value !== null);
  const numbers = known.map((value) => bareQuantity(value, unit)).join(" → ") || "–";
  return typical === "max" ? `most ${numbers}` : numbers;
}
const usualWords = (plan: ChartPlan) => (series: ChartPlan["series"][number]) =>
  `${series.name} ${usual(plan, series)}`;

function readOut(list: HTMLUListElement | null, plan: ChartPlan, index: number | null): void {
  list?.querySelectorAll("b").forEach((reading, at) => {
    const series = plan.series[at];
    if (!series) return;
    const words = index === null ? usual(plan, series) : bareQuantity(series.values[index] ?? null, plan.unit);
    if (reading.textContent !== words) reading.firstChild!.nodeValue = words;
  });
}

const alignedOf = ({ x, columns }: ChartData): uPlot.AlignedData => [x, ...columns];

function optionsOf(
  width: number,
  picture: { current: Picture },
  colours: () => Colours,
  point: (u: uPlot) => void,
): uPlot.Options {
  const { plan } = picture.current;
  return {
    width,
    height,
    padding: [18, 10, 0, 0],
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 6 }, sync: { key: "run", scales: ["x", null] } },
    scales: { x: { time: false, range: () => [0, 100] }, y: { range: () => [0, 1_000] } },
    axes: [
      {
        size: 24,
        gap: 4,
        font: chartFont,
        stroke: () => colours()["soft"]!,
        grid: { show: false },
        ticks: { show: false },
        splits: (u) => ticksOf(u, picture.current).map(({ x }) => x),
        values: (u) => ticksOf(u, picture.current).map(({ label }) => label),
      },
      {
        size: (u) => (u.width < 560 ? 52 : 56),
        gap: 8,
        font: chartFont,
        stroke: () => colours()["soft"]!,
        grid: { stroke: () => colours()["line"]!, width: 1 },
        ticks: { show: false },
        splits: () => picture.current.scale.ticks.map((tick) => picture.current.scale.y(tick)),
        values: () => picture.current.scale.ticks.map((tick) => tickText(tick, picture.current.plan.unit)),
      },
    ],
    series: [{}, ...plan.series.map(({ tint }) => seriesOf(plan.style, tint, colours))],
    hooks: {
      drawClear: [(u) => paintBackdrop(u, picture.current, colours())],
      draw: [(u) => paintForeground(u, picture.current, colours())],
      setCursor: [point],
    },
  };
}

const ticksOf = (u: uPlot, { frame }: Picture) => fittingTicks(frame.axis.ticks, u.bbox.width / devicePixelRatio);

function seriesOf(style: ChartPlan["style"], tint: string, colours: () => Colours): uPlot.Series {
  const stroke = () => colours()[tint]!;
  const points: uPlot.Series.Points = { show: false, size: 4, fill: stroke, filter: (u, at) => lonely(u.data[at]!) };
  const base = { stroke, width: 1.7, points };
  if (style === "bars")
    return { ...base, points: { show: false }, width: 0, fill: stroke, paths: uPlot.paths.bars!({ size: [0.7, 5] }) };
  if (style === "area") return { ...base, fill: () => colours()[tint]!.replace(/^rgb\((.+)\)$/, "rgba($1, 0.13)") };
  return base;
}
