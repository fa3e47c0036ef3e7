import { queryOptions, useQuery } from "@tanstack/react-query";
import { answer, api } from "./client.ts";
import type { Checkup, Discovery, DryRun, Job } from "./types.ts";

export const hasEnded = (job: Job) => job.state === "done" || job.state === "failed" || job.state === "cancelled";

const jobQuery = (id: string) =>
  queryOptions({
    queryKey: ["job", id],
    queryFn: ({ signal }) => answer(api.GET("/jobs/{id}", { params: { path: { id } }, signal })),
    refetchInterval: ({ state: { data } }) => (data && hasEnded(data) ? false : 700),
  });

/** What comes of each kind of job; the document says only that it is one of them. */
interface Results {
  "dry-run": DryRun;
  discover: Discovery[];
  doctor: Checkup;
  recover: { said: string };
  sweep: { said: string };
}

/** A job and, once it has ended, what came of it. */
export function useJob<Kind extends keyof Results>(kind: Kind, id: string | null) {
  const job = useQuery({ ...jobQuery(id ?? ""), enabled: id !== null });
  const ended = job.data !== undefined && hasEnded(job.data);
  const result = useQuery({
    queryKey: ["job-result", kind, id],
    queryFn: async ({ signal }) => {
      const found: unknown = await answer(api.GET("/jobs/{id}/result", { params: { path: { id: id! } }, signal }));
      return found as Results[Kind];
    },
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
