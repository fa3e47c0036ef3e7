import "uplot/dist/uPlot.min.css";
import { chartsOf, clock, type RunReport } from "@chaos-agents/report/browser";
import { type KeyboardEvent, useCallback, useMemo, useRef, useState } from "react";
import { Panel } from "../../design/panel.tsx";
import { Chart, type Plots } from "./chart.tsx";
import { frameOf } from "./frame.ts";
import { Timeline } from "./timeline.tsx";

const mostCharts = 24;

/** The course of the run: phases, faults and every chart, one below the other on one axis of time. */
export function CoursePanel({
  report,
  live,
  title = "What happened",
}: {
  report: RunReport;
  live: boolean;
  title?: string;
}) {
  const frame = useMemo(() => frameOf(report, live), [report, live]);
  const charts = useMemo(() => chartsOf(report), [report]);
  const plots = useRef<Plots>(new Set());
  const box = useRef<HTMLDivElement>(null);
  const at = useRef<number | null>(null);
  const [spoken, setSpoken] = useState("");

  const point = useCallback((x: number | null) => {
    // every chart tells of the same place
    if (at.current === x) return;
    at.current = x;
    const line = box.current?.querySelector<HTMLElement>("[data-cursor]");
    if (!line) return;
    line.hidden = x === null;
    if (x !== null) line.style.left = `${x}%`;
  }, []);

  const move = (event: KeyboardEvent) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const next =
      event.key === "Escape" ? -10 : step === undefined ? null : Math.max(0, Math.min(100, (at.current ?? 0) + step));
    if (next === null) return;
    event.preventDefault();
    for (const plot of plots.current)
      plot.setCursor({ left: next < 0 ? -10 : (next / 100) * plot.over.clientWidth, top: 8 });
    at.current = next < 0 ? null : next;
    setSpoken(
      next < 0
        ? ""
        : [...(box.current?.querySelectorAll("figcaption") ?? [])].map((caption) => caption.textContent).join("; "),
    );
  };

  if (report.phases.length === 0 && report.faults.length === 0) return null;
  return (
    <Panel title={title} aside={<Key report={report} live={live} />} bare>
      <div
        ref={box}
        role="group"
        tabIndex={0}
        onKeyDown={move}
        aria-label="Charts over the time of the run; arrow keys move the read-out"
        className="rounded-lg border border-line bg-card p-4 md:px-6"
      >
        <div className="mr-2.5 ml-13 md:ml-14">
          <Timeline report={report} frame={frame} live={live} />
        </div>
        {charts.slice(0, mostCharts).map((plan) => (
          <Chart key={plan.id + plan.title} plan={plan} frame={frame} plots={plots.current} onPoint={point} />
        ))}
        <p role="status" className="sr-only">
          {spoken}
        </p>
      </div>
      {charts.length > mostCharts && (
        <p className="mt-2 text-sm text-soft">
          {charts.length - mostCharts} more charts would not fit; their numbers are in the JSON report.
        </p>
      )}
    </Panel>
  );
}

function Key({ report: { disturbed, header, lastAt }, live }: { report: RunReport; live: boolean }) {
  const boxes = [
    ["bg-bite/45", "being made"],
    ["bg-bite", "fault stands"],
    ["bg-undo", "undo"],
  ];
  return (
    <p className="flex flex-wrap gap-x-4 gap-y-1 text-sm text-soft">
      {disturbed.from !== null &&
        boxes.map(([tint, words]) => (
          <span key={words} className="flex items-center gap-1.5">
            <i aria-hidden className={`h-2.5 w-3.5 rounded-[3px] ${tint}`} /> {words}
          </span>
        ))}
      <span>
        {live
          ? `${clock(lastAt)}${header.plannedMs === null ? "" : ` of about ${clock(header.plannedMs)}`}`
          : "numbers: medians before → during the faults"}
      </span>
    </p>
  );
}
