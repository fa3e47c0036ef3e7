import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { CircleDashed, FilePlus2, FileCode2 } from "lucide-react";
import { filesQuery, machineQuery, runsQuery } from "../api/queries.ts";
import { buttonClass } from "../design/button.tsx";
import { When } from "../design/moments.tsx";
import { PageHead, Panel } from "../design/panel.tsx";
import { Empty, Failure, Skeleton } from "../design/states.tsx";
import { RunList } from "../history/run-list.tsx";
import { QueuePanel } from "./queue-panel.tsx";
import { RunningPanel } from "./running-panel.tsx";

/** What is going on, how the last ones went, and where to start. */
export function HomePage() {
  const machine = useQuery(machineQuery);
  return (
    <>
      <PageHead title="Control room" kicker={machine.data ? machine.data.hostname : "This machine"}>
        <Link to="/experiments/edit" className={buttonClass("primary")}>
          <FilePlus2 aria-hidden className="size-4" /> New experiment
        </Link>
      </PageHead>
      <div className="grid gap-7 xl:grid-cols-[minmax(0,1fr)_22rem]">
        <div className="min-w-0 space-y-7">
          <RunningPanel />
          <QueuePanel />
          <LastResults />
        </div>
        <div className="min-w-0 space-y-7">
          <StartPanel />
          <AbilityPanel />
        </div>
      </div>
    </>
  );
}

function LastResults() {
  const { data, error, refetch } = useQuery(runsQuery({ state: "ended", limit: 8 }));
  return (
    <Panel
      title="Last results"
      aside={
        <Link to="/runs" className="text-sm text-main hover:underline">
          All runs
        </Link>
      }
    >
      {error && !data ? (
        <Failure error={error} again={() => void refetch()} />
      ) : !data ? (
        <Skeleton lines={6} />
      ) : data.runs.length === 0 ? (
        <Empty icon={CircleDashed} title="Nothing has run yet">
          Start one of the files beside, or write an experiment. A dry run shows what would be touched and touches
          nothing.
        </Empty>
      ) : (
        <RunList runs={data.runs} />
      )}
    </Panel>
  );
}

function StartPanel() {
  const { data, error } = useQuery(filesQuery);
  const recent = data?.toSorted((a, b) => b.modifiedAt - a.modifiedAt).slice(0, 6);
  return (
    <Panel
      title="Start something"
      aside={
        <Link to="/experiments" className="text-sm text-main hover:underline">
          All files
        </Link>
      }
    >
      {error && !data ? (
        <Failure error={error} />
      ) : !recent ? (
        <Skeleton lines={4} />
      ) : recent.length === 0 ? (
        <Empty icon={FileCode2} title="No experiment files here">
          Put some into one of the folders the server was started with.
        </Empty>
      ) : (
        <ul className="divide-y divide-line">
          {recent.map(({ file, names, modifiedAt }) => (
            <li key={file}>
              <Link to="/experiments/edit" search={{ file }} className="block px-4 py-2.5 hover:bg-well">
                <span className="block font-medium">{names[0] ?? file}</span>
                <span className="flex justify-between gap-3 text-sm text-soft">
                  <code className="min-w-0 truncate">{file}</code>
                  <When at={modifiedAt} ago />
                </span>
              </Link>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

function AbilityPanel() {
  const { data } = useQuery(machineQuery);
  return (
    <Panel title="What this machine can break">
      {!data ? (
        <Skeleton />
      ) : (
        <ul className="divide-y divide-line">
          {data.agents.map(({ target, summary, skills }) => (
            <li key={target}>
              <Link
                to="/skills"
                search={{ q: target }}
                className="flex items-baseline justify-between gap-4 px-4 py-2.5 hover:bg-well"
              >
                <span className="min-w-0">
                  <span className="block font-medium capitalize">{target}</span>
                  <span className="block text-sm text-soft">{summary}</span>
                </span>
                <span className="shrink-0 text-sm whitespace-nowrap text-soft">
                  <b className="text-lg text-ink">{skills}</b> skills
                </span>
              </Link>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
