import type { QueryClient } from "@tanstack/react-query";
import { useSyncExternalStore } from "react";
import { openStream, type StreamState } from "./streams/event-stream.ts";
import { jobsQuery, machineQuery, runQuery, sessionQuery } from "./queries.ts";
import type { Halt, Job, Run } from "./types.ts";

let connection: StreamState = "connecting";
const listeners = new Set<() => void>();

/** Keeps every list on the page true: runs, jobs and the safety lever, as the server tells of them. */
export function followLists(client: QueryClient): () => void {
  let due: ReturnType<typeof setTimeout> | undefined;
  const refreshRuns = () => {
    due ??= setTimeout(() => {
      due = undefined;
      void client.invalidateQueries({ queryKey: ["runs"] });
    }, 400);
  };
  const close = openStream({
    path: "/events",
    state: (state) => {
      const before = connection;
      connection = state;
      listeners.forEach((listener) => listener());
      // nobody says why a stream ended: the session may be over
      if (state === "lost" && before !== "lost") void client.invalidateQueries({ queryKey: sessionQuery.queryKey });
      if (state === "open" && before === "lost") void client.invalidateQueries();
    },
    on: {
      run: (data) => {
        const run = data as Run;
        client.setQueryData(runQuery(run.run).queryKey, run);
        refreshRuns();
      },
      job: (data) => {
        const job = data as Job;
        client.setQueryData(["job", job.id], job);
        client.setQueryData(jobsQuery.queryKey, (jobs) =>
          jobs === undefined ? jobs : [job, ...jobs.filter(({ id }) => id !== job.id)],
        );
      },
      halt: (data) => {
        client.setQueryData(machineQuery.queryKey, (machine) => machine && { ...machine, halted: data as Halt | null });
      },
    },
  });
  return () => {
    clearTimeout(due);
    close();
  };
}

const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => void listeners.delete(listener);
};

export const useConnection = (): StreamState => useSyncExternalStore(subscribe, () => connection);
