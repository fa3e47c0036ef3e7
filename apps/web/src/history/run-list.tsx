import { clock, shownVerdict } from "@chaos-agents/report/browser";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Run } from "../api/types.ts";
import { Badge } from "../design/badge.tsx";
import { When } from "../design/moments.tsx";
import { phaseName } from "../run/phase-steps.tsx";

/** Runs, one a line. `before` is put in front of each, such as a box to choose it. */
export function RunList({ runs, before }: { runs: readonly Run[]; before?: (run: Run) => ReactNode }) {
  return (
    <ul className="divide-y divide-line">
      {runs.map((run) => (
        <li key={run.run} className="flex items-stretch hover:bg-well">
          {before?.(run)}
          <Link
            to="/runs/$run"
            params={{ run: run.run }}
            className="grid min-w-0 grow grid-cols-[minmax(0,1fr)_auto] items-center gap-x-4 gap-y-0.5 px-4 py-2.5 md:grid-cols-[10.5rem_minmax(0,1fr)_auto_8.5rem]"
          >
            <span className="max-md:order-2">
              <RunState run={run} />
            </span>
            <span className="min-w-0 max-md:order-1">
              <span className="block truncate font-medium">{run.experiment}</span>
              <code className="block truncate text-xs text-soft">{run.run}</code>
            </span>
            <span className="text-sm text-soft max-md:order-4 max-md:text-right">
              {run.finishedAt !== null && clock(run.finishedAt - run.startedAt)}
            </span>
            <span className="text-sm text-soft max-md:order-3 md:text-right">
              <When at={run.startedAt} />
            </span>
          </Link>
        </li>
      ))}
    </ul>
  );
}

export function RunState({ run }: { run: Pick<Run, "live" | "phase" | "verdict" | "damaged" | "pending"> }) {
  if (run.damaged) return <Badge tone="bad">Cannot be read</Badge>;
  if (run.live) return <Badge tone="plain">{run.phase ? phaseName(run.phase) : "Starting"}</Badge>;
  const { title, tone } = shownVerdict(run.verdict);
  return (
    <Badge tone={tone}>
      {run.pending > 0 && run.verdict !== "rollback-incomplete" ? `${title}, ${run.pending} left` : title}
    </Badge>
  );
}
