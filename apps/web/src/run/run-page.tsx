import { shownVerdict, type RunReport } from "@chaos-agents/report/browser";
import { Link, useParams } from "@tanstack/react-router";
import { Hourglass, Unplug } from "lucide-react";
import { memo, useDeferredValue, useEffect } from "react";
import type { StreamState } from "../api/streams/event-stream.ts";
import { buttonClass } from "../design/button.tsx";
import { PageHead } from "../design/panel.tsx";
import { Empty, Failure, Skeleton } from "../design/states.tsx";
import { BeforePanel } from "./before-panel.tsx";
import { CoursePanel } from "./course/course-panel.tsx";
import { Downloads } from "./downloads.tsx";
import { FaultsPanel } from "./faults-panel.tsx";
import { Figures } from "./figures.tsx";
import { GuardPanel } from "./guard-panel.tsx";
import { LeftPanel } from "./left-panel.tsx";
import { LogPanel } from "./log-panel.tsx";
import { phaseName, PhaseSteps } from "./phase-steps.tsx";
import { RunFacts } from "./run-facts.tsx";
import { SteadyPanel } from "./steady-panel.tsx";
import { StopButton } from "./stop-button.tsx";
import { UndoPanel } from "./undo-panel.tsx";
import { UndoProgress } from "./undo-progress.tsx";
import { useRun } from "./use-run.ts";
import { VerdictHero } from "./verdict-hero.tsx";

/** One run: live while it goes on, its results once it has ended. */
export function RunPage() {
  const { run: id } = useParams({ from: "/runs/$run" });
  const { run, job, live, report, connection, error, retry } = useRun(id);
  const name = report?.header.experiment ?? run?.experiment ?? job?.title ?? id;
  useEffect(() => {
    const now = live ? (run?.phase ?? "running") : report ? shownVerdict(report.verdict).title : null;
    document.title = `${now ? `${now} · ` : ""}${name} · Chaos Agents`;
    return () => void (document.title = "Chaos Agents");
  }, [name, live, run?.phase, report]);

  if (run?.damaged) return <Unread name={name} why={run.damaged} />;
  if (!report && error) {
    return (
      <>
        <PageHead title={name} kicker="Run" />
        <Failure error={error} again={retry} />
      </>
    );
  }
  if (!report && job)
    return <Waiting name={name} why={job.error} failed={job.state === "failed" || job.state === "cancelled"} />;
  return (
    <div className={`space-y-7 ${live ? "max-lg:pb-16" : ""}`}>
      <div
        data-joined
        className={`flex flex-wrap items-start justify-between gap-4 ${live ? "bg-paper lg:sticky lg:top-0 lg:z-20 lg:-mx-2 lg:px-2 lg:py-3" : ""}`}
      >
        <PageHead title={name} kicker={live ? "Running now" : "Results"} />
        {live ? (
          <StopButton docked run={id} stopping={(report?.stops.length ?? 0) > 0} />
        ) : (
          report && <Downloads run={id} />
        )}
      </div>
      {report && live && <LiveHead report={report} connection={connection} />}
      {report && !live && <VerdictHero report={report} />}
      <Announcer report={report} />
      {!report && <Skeleton lines={10} />}
      {report && !live && <LeftPanel run={id} report={report} />}
      {report && <Details key={id} report={report} live={live} />}
    </div>
  );
}

/** While a run goes on, the browser draws its details when it has nothing more urgent to do. */
function Details({ report, live }: { report: RunReport; live: boolean }) {
  const calm = useDeferredValue(report);
  return <Panels report={live ? calm : report} live={live} />;
}

const Panels = memo(({ report, live }: { report: RunReport; live: boolean }) => (
  <>
    <RunFacts report={report} />
    <Figures report={report} live={live} />
    <CoursePanel report={report} live={live} />
    <SteadyPanel report={report} />
    <GuardPanel report={report} />
    <FaultsPanel report={report} />
    <UndoPanel report={report} live={live} />
    <BeforePanel report={report} />
    <LogPanel report={report} live={live} />
  </>
));

function LiveHead({ report, connection }: { report: RunReport; connection: StreamState }) {
  return (
    <div className="space-y-3 rounded-lg border border-line bg-card p-4">
      <PhaseSteps report={report} />
      <UndoProgress report={report} />
      {connection === "lost" && (
        <p role="alert" className="flex items-center gap-2 text-sm text-warn">
          <Unplug aria-hidden className="size-4" /> Cut off from the server; what is missing comes once it is back.
        </p>
      )}
    </div>
  );
}

/** Says aloud what the colours show. */
function Announcer({ report }: { report: RunReport | null }) {
  const phase = report?.phases.at(-1);
  const words = !report
    ? ""
    : report.verdict
      ? `Ended: ${shownVerdict(report.verdict).title}`
      : phase
        ? `Phase: ${phaseName(phase.phase)}`
        : "";
  return (
    <p role="status" className="sr-only">
      {words}
    </p>
  );
}

const Waiting = ({ name, why, failed }: { name: string; why: string | null; failed: boolean }) => (
  <>
    <PageHead title={name} kicker={failed ? "Not run" : "Queued"} />
    {failed && why !== null && (
      <div className="mb-4">
        <Failure error={new Error(why)} />
      </div>
    )}
    <div className="rounded-lg border border-line bg-card">
      <Empty icon={Hourglass} title={failed ? "This run did not start" : "It waits for its turn"}>
        {failed
          ? "Nothing was touched."
          : "It starts as soon as a run before it has ended. This page follows by itself."}
      </Empty>
    </div>
  </>
);

const Unread = ({ name, why }: { name: string; why: string }) => (
  <>
    <PageHead title={name} kicker="Run">
      <Link to="/runs" className={buttonClass()}>
        All runs
      </Link>
    </PageHead>
    <Failure error={new Error(`The journal of this run cannot be read: ${why}`)} />
  </>
);
