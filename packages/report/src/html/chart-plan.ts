import { isErrorColumn } from "../fold/figures.ts";
import { clipped } from "./markup.ts";
import type { PerWindow, RunReport, Spread } from "../report.ts";

/** One chart to draw: numbers of one unit over the time of the run. */
export interface ChartPlan {
  id: string;
  title: string;
  unit: string | null;
  style: "area" | "lines" | "bars";
  /** What stands for a window of time: errors come in bursts, and their median says nothing. */
  typical: "p50" | "max";
  t: number[];
  series: { name: string; tint: string; values: (number | null)[]; stats: PerWindow<Spread> }[];
  /** Lines that may not be crossed, as the experiment says. */
  limits: { value: number; label: string }[];
  /** Moments when an answer was outside tolerance. */
  failures: number[];
}

/** A chart for every unit of every sampled source (errors by themselves), and for every probe that was asked. */
export function chartsOf(report: RunReport): ChartPlan[] {
  const plans = [...report.sources.flatMap(sourceCharts), ...report.probes.flatMap(probeCharts)];
  return plans.map((plan, index) => ({
    ...plan,
    id: `chart-${index + 1}`,
    title: clipped(plan.title, 120),
    unit: plan.unit && clipped(plan.unit, 20),
    series: plan.series.map((series) => ({ ...series, name: clipped(series.name, 60) })),
  }));
}

type Unnamed = Omit<ChartPlan, "id">;

function sourceCharts(source: RunReport["sources"][number]): Unnamed[] {
  const groups = new Map<string, typeof source.columns>();
  for (const column of source.columns) {
    const kind = isErrorColumn(column.name) ? "errors" : column.unit === null ? `alone ${column.name}` : "numbers";
    const key = `${kind} ${column.unit}`;
    groups.set(key, [...(groups.get(key) ?? []), column]);
  }
  return [...groups.values()].map((columns) => {
    const [{ name, unit }] = columns as [(typeof columns)[number]];
    const alone = columns.length === 1;
    const errors = isErrorColumn(name);
    const together = errors ? "errors" : unit === "ms" ? "latency" : columns.map((column) => column.name).join(", ");
    return {
      title: `${source.source} ${alone ? name : together}`,
      unit,
      style: !alone ? "lines" : errors ? "bars" : "area",
      typical: errors ? "max" : "p50",
      t: source.t,
      series: columns.map(({ name, values, stats }, index) => {
        const tint = errors
          ? kindTint(index, "bad")
          : unit === "ms" && !alone
            ? rankTint(index, columns.length)
            : kindTint(index, "main");
        return { name, tint, values, stats };
      }),
      limits: [],
      failures: [],
    };
  });
}

/** Percentiles are ranks of one thing: shades of one colour, the strongest for the highest. */
const rankTint = (index: number, count: number) => `rank-${Math.max(1, 5 - count + index)}`;

/** Different things of one unit: colours that tell them apart, after a first that says what they are. */
const kindTint = (index: number, first: string) => [first, "bite", "undo", "rank-3", "soft"][Math.min(index, 4)]!;

function probeCharts(probe: RunReport["probes"][number]): Unnamed[] {
  if (probe.points.length === 0) return [];
  const t = probe.points.map((point) => point.t);
  const failures = probe.points.filter((point) => !point.ok).map((point) => point.t);
  const values = probe.points.map((point) => (typeof point.value === "number" ? point.value : null));
  const shared = { style: "lines", typical: "p50", t, failures } as const;
  const kind = probe.role === "guard" ? "Guard" : "Probe";
  const varies = new Set(values.filter((value) => value !== null)).size > 1;
  const charts: Unnamed[] = [];
  if (varies) {
    const stats = mapWindows(probe.stats, (window) => window.value);
    const series = [{ name: "value", tint: "main", values, stats }];
    charts.push({ ...shared, title: `${kind}: ${probe.probe}`, unit: null, series, limits: limitsOf(probe.expect) });
  }
  if (!varies || probe.maxLatencyMs !== null) {
    const stats = mapWindows(probe.stats, (window) => window.latencyMs);
    const latency = probe.points.map((point) => point.latencyMs);
    const series = [{ name: "latency", tint: "main", values: latency, stats }];
    const limits = probe.maxLatencyMs === null ? [] : [{ value: probe.maxLatencyMs, label: "≤" }];
    charts.push({ ...shared, title: `${kind}: ${probe.probe}, time to answer`, unit: "ms", series, limits });
  }
  return charts;
}

function mapWindows<From, To>(windows: PerWindow<From>, map: (from: From) => To): PerWindow<To> {
  return { before: map(windows.before), during: map(windows.during), after: map(windows.after) };
}

/** The bounds in a tolerance such as `< 200` or `1..5`; none for words and patterns. */
function limitsOf(expect: string | null): ChartPlan["limits"] {
  if (expect === null) return [];
  const bound = /^\s*(<=|>=|<|>)\s*(-?\d+(?:\.\d+)?)\s*$/.exec(expect);
  if (bound) return [{ value: Number(bound[2]), label: bound[1]!.replace("<=", "≤").replace(">=", "≥") }];
  const range = /^\s*(-?\d+(?:\.\d+)?)\s*\.\.\s*(-?\d+(?:\.\d+)?)\s*$/.exec(expect);
  if (!range) return [];
  return [
    { value: Number(range[1]), label: "≥" },
    { value: Number(range[2]), label: "≤" },
  ];
}
