import type { Phase } from "@chaos-agents/core";
import { clock, faultName, faultTag, millis, type RunReport } from "@chaos-agents/report/browser";
import { type ReactNode, useRef } from "react";
import { FaultTag } from "../../design/badge.tsx";
import { useWidth } from "../../design/use-width.ts";
import { type CourseFrame, injectStart } from "./frame.ts";
import { fittingTicks, type Label, placed, widthOf } from "./labels.ts";

const most = 40;
type Fault = RunReport["faults"][number];

const phaseTint = (phase: Phase) =>
  phase === "inject" || phase === "observe"
    ? "bg-bite/30"
    : phase === "undo" || phase === "verify" || phase === "recover"
      ? "bg-undo/30"
      : "bg-line";

/** Phases on top, then a row for every fault: planned, being made, standing, being undone. */
export function Timeline({ report, frame, live }: { report: RunReport; frame: CourseFrame; live: boolean }) {
  const shown = report.faults.slice(0, most);
  const from = injectStart(report);
  const box = useRef<HTMLDivElement>(null);
  const pixels = useWidth(box);
  return (
    <div ref={box} className="relative" role="img" aria-label={spoken(report)}>
      <div className="relative h-5 overflow-hidden rounded-sm">
        {report.phases.map((phase, index) => {
          const left = frame.axis.x(phase.startedAt);
          const width = frame.axis.x(phase.endedAt ?? report.lastAt) - left;
          return (
            <Span
              key={index}
              left={left}
              width={width}
              className={`top-0 h-5 overflow-hidden border-r border-card text-center text-xs leading-5 ${phaseTint(phase.phase)}`}
              title={`${phase.phase}: ${millis((phase.endedAt ?? report.lastAt) - phase.startedAt)}`}
            >
              {(width / 100) * pixels > widthOf(phase.phase) + 6 && phase.phase}
            </Span>
          );
        })}
      </div>
      <Marks report={report} frame={frame} pixels={pixels} />
      <div className="relative">
        {frame.axis.cuts.map((cut) => (
          <Span key={cut.from} left={cut.from} width={cut.until - cut.from} className="inset-y-0 bg-paper" />
        ))}
        {shown.map((fault, index) => (
          <Row
            key={fault.fault}
            fault={fault}
            tag={faultTag(index)}
            frame={frame}
            start={live ? from : null}
            pixels={pixels}
          />
        ))}
        {live && <Upright at={frame.axis.x(report.lastAt)} className="border-ink/40" />}
        {frame.plannedEnd !== null && planned(frame) < 100 && (
          <Upright at={planned(frame)} className="border-dashed border-edge" />
        )}
        {frame.stoppedAt !== null && <Upright at={frame.stoppedAt} className="border-dashed border-bad" />}
        {frame.recoveredAt !== null && <Upright at={frame.recoveredAt} className="border-good" />}
        <div aria-hidden data-cursor hidden className="pointer-events-none absolute inset-y-0 border-l border-ink/50" />
      </div>
      {report.faults.length > shown.length && (
        <p className="mt-1 text-xs text-soft">{report.faults.length - shown.length} more faults are in the table.</p>
      )}
      <div className="relative h-5 text-xs text-soft">
        {fittingTicks(frame.axis.ticks, pixels).map(({ x, label }) => (
          <span
            key={label + String(x)}
            className="absolute -translate-x-1/2 whitespace-nowrap"
            style={{ left: `${x}%` }}
          >
            {label}
          </span>
        ))}
      </div>
    </div>
  );
}

function Span({
  left,
  width,
  className,
  title,
  children,
}: {
  left: number;
  width: number;
  className: string;
  title?: string;
  children?: ReactNode;
}) {
  return (
    <div
      title={title}
      className={`absolute ${className}`}
      style={{ left: `${left}%`, width: `max(2px, ${Math.max(0, width)}%)` }}
    >
      {children}
    </div>
  );
}

const Upright = ({ at, className }: { at: number; className: string }) => (
  <div className={`pointer-events-none absolute inset-y-0 border-l ${className}`} style={{ left: `${at}%` }} />
);

/** Percent of the axis; 100 is where it ends, and what comes later. */
const planned = ({ axis, plannedEnd }: CourseFrame) => axis.x(plannedEnd ?? 0);

/** What happened to the whole run, above the rows. */
function Marks({ report, frame, pixels }: { report: RunReport; frame: CourseFrame; pixels: number }) {
  const marks = marksOf(report, frame, pixels < 560);
  const places = placed(marks, pixels);
  return (
    <div className="relative h-5 text-xs leading-5">
      {marks.map(({ words, className }, index) => {
        const left = places[index] ?? null;
        return (
          left !== null && (
            <span key={`${index} ${words}`} className={`absolute whitespace-nowrap ${className}`} style={{ left }}>
              {words}
            </span>
          )
        );
      })}
    </div>
  );
}

const roughly = (ms: number) => (ms >= 90_000 ? `${Math.round(ms / 60_000)} min` : `${Math.ceil(ms / 1_000)} s`);

type MarkLabel = Label & { className: string };

function marksOf({ trips, stops, recovery, lastAt }: RunReport, frame: CourseFrame, narrow: boolean): MarkLabel[] {
  const { axis, stoppedAt, recoveredAt, plannedEnd } = frame;
  const stop = trips.length > 0 ? "guard" : stops[0]?.by;
  const marks: MarkLabel[] = axis.cuts.map(({ from, ms }) => ({
    at: from,
    words: `${clock(ms)} later`,
    className: "text-soft",
  }));
  if (stoppedAt !== null && stop)
    marks.push({ at: stoppedAt, words: stop, end: true, className: "font-semibold text-bad" });
  if (recoveredAt !== null) {
    const words = narrow ? "steady" : `steady again, ${millis(recovery?.ms ?? null)} after the undo`;
    marks.push({ at: recoveredAt, words, end: recoveredAt > 80, className: "font-semibold text-good" });
  }
  if (plannedEnd !== null) {
    const at = planned(frame);
    const words = at < 100 ? "planned end" : `planned end in ${roughly(plannedEnd - lastAt)} →`;
    marks.push({ at, words, end: true, className: "text-soft" });
  }
  return marks;
}

function Row({
  fault,
  tag,
  frame: { axis },
  start,
  pixels,
}: {
  fault: Fault;
  tag: string;
  frame: CourseFrame;
  start: number | null;
  pixels: number;
}) {
  const { startedAt, activeFrom, undoStartedAt, undoneAt, planned: wanted } = fault;
  const end = axis.until;
  const failedAt = fault.errors[0]?.t ?? null;
  const stood = undoStartedAt ?? undoneAt ?? end;
  const stuck = fault.outcome === "failed";
  const bar = (className: string, from: number, until: number) => (
    <Span
      left={axis.x(from)}
      width={axis.x(until) - axis.x(from)}
      className={`bottom-1.5 h-2.5 rounded-[3px] ${className}`}
    />
  );
  const ghost = startedAt === null && start !== null && wanted.at !== null ? start + wanted.at : null;
  const at = axis.x(startedAt ?? ghost ?? 0);
  const roomy = pixels >= 560;
  // the tag, and a word on its state
  const needed = widthOf(faultName(fault)) + (roomy ? widthOf(about(fault)) : 0) + 120;
  return (
    <div className="relative h-10 border-t border-line">
      <p
        className="absolute top-1 flex max-w-full items-center gap-1.5 text-xs whitespace-nowrap"
        style={((100 - at) / 100) * pixels > needed ? { left: `${at}%` } : { right: 0 }}
      >
        <FaultTag>{tag}</FaultTag>
        <span className="min-w-0 truncate font-medium">{faultName(fault)}</span>
        {roomy && <span className="text-soft">{about(fault)}</span>}
        <StateWord fault={fault} />
      </p>
      {ghost !== null &&
        bar("border border-dashed border-edge", ghost, wanted.duration === null ? ghost : ghost + wanted.duration)}
      {startedAt !== null && bar("bg-bite/45", startedAt, activeFrom ?? failedAt ?? stood)}
      {activeFrom !== null && bar("bg-bite", activeFrom, failedAt === null ? stood : Math.min(failedAt, stood))}
      {failedAt !== null && bar("bg-bad", failedAt, Math.max(failedAt, stood))}
      {undoStartedAt !== null && bar(stuck ? "bg-bad/75" : "bg-undo", undoStartedAt, undoneAt ?? end)}
      {stuck && undoneAt !== null && bar("bg-bad/75", undoneAt, end)}
    </div>
  );
}

function about({ things }: Fault): string {
  return things.length > 1 ? `${things.length} things` : (things[0]?.key ?? "").slice(0, 60);
}

function StateWord({ fault }: { fault: Fault }) {
  const { landing, outcome, state, progress } = fault;
  if (landing === "not-landed") return <b className="text-bad">did not land</b>;
  if (landing === "lost") return <b className="text-bad">was lost</b>;
  if (outcome === "failed") return <b className="text-bad">not undone</b>;
  if (outcome === "conflict") return <b className="text-warn">conflict</b>;
  if (state === "injecting" && progress)
    return <span className="text-bite-ink">{Math.round((progress.done / Math.max(1, progress.total)) * 100)}%</span>;
  return null;
}

function spoken({ phases, lastAt }: RunReport): string {
  const words = phases.map(({ phase, startedAt, endedAt }) => `${phase} ${millis((endedAt ?? lastAt) - startedAt)}`);
  return `Timeline. Phases: ${words.join(", ")}. The faults are in the table below.`;
}
