import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import type { RunReport } from "@chaos-agents/report/browser";
import { answer, api } from "./client.ts";
import type { paths } from "./schema.d.ts";

const minute = 60_000;

export const sessionQuery = queryOptions({
  queryKey: ["session"],
  queryFn: ({ signal }) => answer(api.GET("/session", { signal })),
  retry: false,
});

export const machineQuery = queryOptions({
  queryKey: ["machine"],
  queryFn: ({ signal }) => answer(api.GET("/machine", { signal })),
  refetchInterval: 30_000,
});

export const skillsQuery = queryOptions({
  queryKey: ["skills"],
  queryFn: ({ signal }) => answer(api.GET("/skills", { signal })),
  staleTime: 30 * minute,
});

export const schemaQuery = queryOptions({
  queryKey: ["schema"],
  queryFn: ({ signal }) => answer(api.GET("/schema/experiment", { signal })),
  staleTime: 30 * minute,
});

export const filesQuery = queryOptions({
  queryKey: ["files"],
  queryFn: ({ signal }) => answer(api.GET("/files", { signal })),
});

export const fileQuery = (file: string) =>
  queryOptions({
    queryKey: ["file", file],
    queryFn: ({ signal }) => answer(api.GET("/files/content", { params: { query: { file } }, signal })),
    staleTime: 0,
    refetchOnWindowFocus: false,
  });

type RunsFilter = NonNullable<paths["/api/v1/runs"]["get"]["parameters"]["query"]>;

export const runsQuery = (filter: RunsFilter) =>
  queryOptions({
    queryKey: ["runs", filter],
    queryFn: ({ signal }) => answer(api.GET("/runs", { params: { query: filter }, signal })),
    placeholderData: keepPreviousData,
  });

export const runQuery = (run: string) =>
  queryOptions({
    queryKey: ["run", run],
    queryFn: ({ signal }) => answer(api.GET("/runs/{run}", { params: { path: { run } }, signal })),
  });

export const reportQuery = (run: string) =>
  queryOptions({
    queryKey: ["report", run],
    queryFn: async ({ signal }) => {
      const report: unknown = await answer(api.GET("/runs/{run}/report", { params: { path: { run } }, signal }));
      return report as RunReport;
    },
    staleTime: minute,
  });

export const jobsQuery = queryOptions({
  queryKey: ["jobs"],
  queryFn: ({ signal }) => answer(api.GET("/jobs", { signal })),
});

export const auditQuery = (before: number | null) =>
  queryOptions({
    queryKey: ["audit", before],
    queryFn: ({ signal }) =>
      answer(api.GET("/audit", { params: { query: { limit: 50, ...(before !== null && { before }) } }, signal })),
    placeholderData: keepPreviousData,
  });
