import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useSyncExternalStore } from "react";
import { ApiError } from "../api/client.ts";
import { jobsQuery, reportQuery, runQuery } from "../api/queries.ts";
import { WatchedRun } from "./watched-run.ts";

/** A run that is followed while it lives. */
export function useWatchedRun(run: string, live: boolean) {
  const watched = useMemo(() => new WatchedRun(run), [run]);
  useEffect(() => (live ? watched.follow() : undefined), [watched, live]);
  return useSyncExternalStore(watched.subscribe, watched.view);
}

/** All that is known of a run: live from its events, ended from its report, queued from its job. */
export function useRun(id: string) {
  const client = useQueryClient();
  const run = useQuery({
    ...runQuery(id),
    refetchInterval: ({ state }) => (state.error instanceof ApiError && state.error.status === 404 ? 1_000 : 20_000),
  });
  const unknown = run.error instanceof ApiError && run.error.status === 404 && run.data === undefined;
  const jobs = useQuery({ ...jobsQuery, enabled: unknown, refetchInterval: unknown ? 1_000 : false });
  const live = run.data?.live === true;
  const watched = useWatchedRun(id, live);
  useEffect(() => {
    if (watched.ended) void client.invalidateQueries({ queryKey: runQuery(id).queryKey });
  }, [client, id, watched.ended]);
  // a stored report is old once the run stands otherwise, whether or not its events were heard to their end
  const stands = run.data && `${live} ${run.data.verdict} ${run.data.pending}`;
  useEffect(() => () => void client.invalidateQueries({ queryKey: reportQuery(id).queryKey }), [client, id, stands]);
  const stored = useQuery({
    ...reportQuery(id),
    enabled: run.data !== undefined && !live && run.data.damaged === null,
  });
  return {
    run: run.data ?? null,
    job: unknown ? (jobs.data?.find((job) => job.run === id) ?? null) : null,
    live,
    report: live ? watched.report : (stored.data ?? watched.report),
    connection: watched.connection,
    error: unknown && (jobs.isPending || jobs.data?.some((job) => job.run === id)) ? null : (run.error ?? stored.error),
    retry: () => void Promise.all([run.refetch(), stored.refetch()]),
  };
}
