import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import type { RunReport } from "@chaos-agents/report/browser";
import { call, queryOf, runPath } from "./client.ts";
import type { AuditEntry, ExperimentFile, Job, Machine, Run, RunsPage, Skill } from "./types.ts";

const minute = 60_000;

export const sessionQuery = queryOptions({
  queryKey: ["session"],
  queryFn: ({ signal }) => call<{ name: string }>("GET", "/session", { signal }),
  retry: false,
});

export const machineQuery = queryOptions({
  queryKey: ["machine"],
  queryFn: ({ signal }) => call<Machine>("GET", "/machine", { signal }),
  refetchInterval: 30_000,
});

export const skillsQuery = queryOptions({
  queryKey: ["skills"],
  queryFn: ({ signal }) => call<Skill[]>("GET", "/skills", { signal }),
  staleTime: 30 * minute,
});

export const schemaQuery = queryOptions({
  queryKey: ["schema"],
  queryFn: ({ signal }) => call<Record<string, unknown>>("GET", "/schema/experiment", { signal }),
  staleTime: 30 * minute,
});

export const filesQuery = queryOptions({
  queryKey: ["files"],
  queryFn: ({ signal }) => call<ExperimentFile[]>("GET", "/files", { signal }),
});

export const fileQuery = (file: string) =>
  queryOptions({
    queryKey: ["file", file],
    queryFn: ({ signal }) =>
      call<{ file: string; text: string }>("GET", `/files/content${queryOf({ file })}`, { signal }),
    staleTime: 0,
    refetchOnWindowFocus: false,
  });

export interface RunsFilter {
  q?: string | undefined;
  verdict?: string | undefined;
  state?: "live" | "ended" | "open" | undefined;
  limit?: number;
  before?: string | null | undefined;
}

export const runsQuery = (filter: RunsFilter) =>
  queryOptions({
    queryKey: ["runs", filter],
    queryFn: ({ signal }) => call<RunsPage>("GET", `/runs${queryOf({ ...filter })}`, { signal }),
    placeholderData: keepPreviousData,
  });

export const runQuery = (run: string) =>
  queryOptions({
    queryKey: ["run", run],
    queryFn: ({ signal }) => call<Run>("GET", runPath(run), { signal }),
  });

export const reportQuery = (run: string) =>
  queryOptions({
    queryKey: ["report", run],
    queryFn: ({ signal }) => call<RunReport>("GET", `${runPath(run)}/report`, { signal }),
    staleTime: minute,
  });

export const jobsQuery = queryOptions({
  queryKey: ["jobs"],
  queryFn: ({ signal }) => call<Job[]>("GET", "/jobs", { signal }),
});

export const auditQuery = (before: number | null) =>
  queryOptions({
    queryKey: ["audit", before],
    queryFn: ({ signal }) =>
      call<{ entries: AuditEntry[]; next: number | null }>("GET", `/audit${queryOf({ limit: 50, before })}`, {
        signal,
      }),
    placeholderData: keepPreviousData,
  });
