import { useQuery } from "@tanstack/react-query";
import { clock, faultName, faultTag } from "@chaos-agents/report/browser";
import { Link } from "@tanstack/react-router";
import { Moon } from "lucide-react";
import { runsQuery } from "../api/queries.ts";
import type { Run } from "../api/types.ts";
import { Badge, FaultTag } from "../design/badge.tsx";
import { useNow } from "../design/moments.tsx";
import { Panel } from "../design/panel.tsx";
import { Empty, Failure, Skeleton } from "../design/states.tsx";
import { phaseName, PhaseSteps } from "../run/phase-steps.tsx";
import { StopButton } from "../run/stop-button.tsx";
import { UndoProgress } from "../run/undo-progress.tsx";
import { useWatchedRun } from "../run/use-run.ts";

/** Only so many are followed event by event: a browser opens six connections to one server. */
const mostFollowed = 2;

export function RunningPanel() {
  const { data, error, refetch } = useQuery({ ...runsQuery({ state: "live", limit: 20 }), refetchInterval: 10_000 });
  const { data: open } = useQuery(runsQuery({ state: "open", limit: 5 }));
  const unfinished = open?.runs.filter(({ live }) => !live) ?? [];
  return (
    <Panel title="Running now" bare>
      {error && !data ? (
        <Failure error={error} again={() => void refetch()} />
      ) : !data ? (
        <Skeleton lines={4} />
      ) : (
        <div className="space-y-3">
          {data.runs.map((run, index) =>
            index < mostFollowed ? <Followed key={run.run} run={run} /> : <Glance key={run.run} run={run} />,
          )}
          {data.runs.length === 0 && (
            <div className="rounded-lg border border-line bg-card">
              <Empty icon={Moon} title="All is quiet">
                No run is going on. One that is started from a terminal on this machine shows up here, too.
              </Empty>
            </div>
          )}
          {unfinished.map((run) => (
            <Link
              key={run.run}
              to="/runs/$run"
              params={{ run: run.run }}
              className="flex flex-wrap items-center justify-between gap-2 rounded-lg border border-bad/40 bg-bad-tint px-4 py-3 hover:border-bad"
            >
              <span>
                <b className="text-bad">Not put back yet:</b> {run.experiment}
              </span>
              <Badge tone="bad">{run.pending} left</Badge>
            </Link>
          ))}
        </div>
      )}
    </Panel>
  );
}

function Followed({ run }: { run: Run }) {
  const { report } = useWatchedRun(run.run, run.live);
  const now = useNow();
  const standing =
    report?.faults.flatMap((fault, index) =>
      ["injecting", "active", "undoing"].includes(fault.state) ? [{ fault, tag: faultTag(index) }] : [],
    ) ?? [];
  return (
    <article className="rounded-lg border border-line bg-card p-4 md:p-5">
      <div className="flex flex-wrap items-start justify-between gap-4">
        <div className="min-w-0">
          <h3 className="text-xl font-semibold tracking-tight">
            <Link to="/runs/$run" params={{ run: run.run }} className="hover:underline">
              {run.experiment}
            </Link>
          </h3>
          <p className="text-sm text-soft">
            {run.file && <code>{run.file}</code>} {clock(Math.max(0, now - run.startedAt))}
            {report?.header.plannedMs ? ` of about ${clock(report.header.plannedMs)}` : ""}
          </p>
        </div>
        <StopButton run={run.run} stopping={(report?.stops.length ?? 0) > 0} />
      </div>
      {report && (
        <div className="mt-4 space-y-3">
          <PhaseSteps report={report} />
          {standing.length > 0 && (
            <ul className="flex flex-wrap gap-x-5 gap-y-1 text-sm">
              {standing.map(({ fault, tag }) => (
                <li key={fault.fault} className="flex items-center gap-1.5">
                  <FaultTag>{tag}</FaultTag> <code>{faultName(fault)}</code>{" "}
                  <span className="text-soft">{fault.state}</span>
                </li>
              ))}
            </ul>
          )}
          <UndoProgress report={report} />
        </div>
      )}
    </article>
  );
}

const Glance = ({ run }: { run: Run }) => (
  <Link
    to="/runs/$run"
    params={{ run: run.run }}
    className="flex items-center justify-between gap-3 rounded-lg border border-line bg-card px-4 py-3 hover:border-edge"
  >
    <b className="font-semibold">{run.experiment}</b>
    <Badge tone="plain">{run.phase ? phaseName(run.phase) : "starting"}</Badge>
  </Link>
);
