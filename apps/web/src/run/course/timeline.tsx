import type { Phase } from "@chaos-agents/core";
import { clock, type ChartFrame, faultName, faultTag, millis, type RunReport } from "@chaos-agents/report/browser";
import type { ReactNode } from "react";
import { FaultTag } from "../../design/badge.tsx";
import { injectStart } from "./frame.ts";

const most = 40;
type Fault = RunReport["faults"][number];

const phaseTint = (phase: Phase) =>
  phase === "inject" || phase === "observe"
    ? "bg-bite/30"
    : phase === "undo" || phase === "verify" || phase === "recover"
      ? "bg-undo/30"
      : "bg-line";

/** Phases on top, then a row for every fault: planned, being made, standing, being undone. */
export function Timeline({ report, frame, live }: { report: RunReport; frame: ChartFrame; live: boolean }) {
  const shown = report.faults.slice(0, most);
  const from = injectStart(report);
  return (
    <div className="relative" role="img" aria-label={spoken(report)}>
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
              <span className={width > 24 ? "" : width > 9 ? "max-md:hidden" : "hidden"}>{phase.phase}</span>
            </Span>
          );
        })}
      </div>
      <Marks report={report} frame={frame} />
      <div className="relative">
        {frame.axis.cuts.map((cut) => (
          <Span key={cut.from} left={cut.from} width={cut.until - cut.from} className="inset-y-0 bg-paper" />
        ))}
        {shown.map((fault, index) => (
          <Row key={fault.fault} fault={fault} tag={faultTag(index)} frame={frame} start={live ? from : null} />
        ))}
        {live && <Upright at={frame.axis.x(report.lastAt)} className="border-ink/40" />}
        {frame.stoppedAt !== null && <Upright at={frame.stoppedAt} className="border-dashed border-bad" />}
        {frame.recoveredAt !== null && <Upright at={frame.recoveredAt} className="border-good" />}
        <div
          aria-hidden
          className="pointer-events-none absolute inset-y-0 left-(--cursor) hidden border-l border-ink/50 in-data-pointing:block"
        />
      </div>
      {report.faults.length > shown.length && (
        <p className="mt-1 text-xs text-soft">{report.faults.length - shown.length} more faults are in the table.</p>
      )}
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

/** What happened to the whole run, above the rows. */
function Marks({
  report: { trips, stops, recovery },
  frame: { axis, stoppedAt, recoveredAt },
}: {
  report: RunReport;
  frame: ChartFrame;
}) {
  const stop = trips.length > 0 ? "guard" : stops[0]?.by;
  return (
    <div className="relative h-5 text-xs leading-5">
      {axis.cuts.map(({ from, ms }) => (
        <Mark key={from} at={from} className="text-soft">{`${clock(ms)} later`}</Mark>
      ))}
      {stoppedAt !== null && stop && (
        <Mark at={stoppedAt} end className="font-semibold text-bad">
          {stop}
        </Mark>
      )}
      {recoveredAt !== null && (
        <Mark at={recoveredAt} end={recoveredAt > 80} className="font-semibold text-good">
          steady<span className="max-md:hidden"> again, {millis(recovery?.ms ?? null)} after the undo</span>
        </Mark>
      )}
    </div>
  );
}

const Mark = ({
  at,
  end = false,
  className,
  children,
}: {
  at: number;
  end?: boolean;
  className: string;
  children: ReactNode;
}) => (
  <span
    className={`absolute whitespace-nowrap ${end ? "-translate-x-full pr-1" : "pl-1"} ${className}`}
    style={{ left: `${at}%` }}
  >
    {children}
  </span>
);

function Row({
  fault,
  tag,
  frame: { axis },
  start,
}: {
  fault: Fault;
  tag: string;
  frame: ChartFrame;
  start: number | null;
}) {
  const { startedAt, activeFrom, undoStartedAt, undoneAt, planned } = fault;
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
  const ghost = startedAt === null && start !== null && planned.at !== null ? start + planned.at : null;
  const at = axis.x(startedAt ?? ghost ?? 0);
  return (
    <div className="relative h-10 border-t border-line">
      <p
        className={`absolute top-1 flex max-w-full items-center gap-1.5 text-xs whitespace-nowrap ${at > 55 ? "-translate-x-full" : ""}`}
        style={{ left: `${at > 55 ? 100 : at}%` }}
      >
        <FaultTag>{tag}</FaultTag>
        <span className="font-medium">{faultName(fault)}</span>
        <span className="text-soft max-md:hidden">{about(fault)}</span>
        <StateWord fault={fault} />
      </p>
      {ghost !== null &&
        bar("border border-dashed border-edge", ghost, planned.duration === null ? ghost : ghost + planned.duration)}
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
