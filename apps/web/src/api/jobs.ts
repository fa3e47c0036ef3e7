import { queryOptions, useQuery } from "@tanstack/react-query";
import { call } from "./client.ts";
import type { Job } from "./types.ts";

export const hasEnded = (job: Job) => job.state === "done" || job.state === "failed" || job.state === "cancelled";

const jobQuery = (id: string) =>
  queryOptions({
    queryKey: ["job", id],
    queryFn: ({ signal }) => call<Job>("GET", `/jobs/${encodeURIComponent(id)}`, { signal }),
    refetchInterval: ({ state: { data } }) => (data && hasEnded(data) ? false : 700),
  });

/** A job and, once it has ended, what came of it. */
export function useJob<Result>(id: string | null) {
  const job = useQuery({ ...jobQuery(id ?? ""), enabled: id !== null });
  const ended = job.data !== undefined && hasEnded(job.data);
  const result = useQuery({
    queryKey: ["job-result", id],
    queryFn: ({ signal }) => call<Result>("GET", `/jobs/${encodeURIComponent(id!)}/result`, { signal }),
    enabled: id !== null && ended && job.data.state !== "cancelled",
    retry: false,
    staleTime: Infinity,
  });
  const error = job.error ?? (ended && job.data.state === "failed" && result.data === undefined ? result.error : null);
  return {
    job: job.data ?? null,
    result: result.data ?? null,
    error,
    busy:
      id !== null &&
      !error &&
      result.data === undefined &&
      !(ended && (result.isError || job.data.state === "cancelled")),
  };
}
