import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { RunReport } from "@chaos-agents/report/browser";
import { Undo2 } from "lucide-react";
import { useEffect } from "react";
import { answer, api } from "../api/client.ts";
import { useJob } from "../api/jobs.ts";
import { runQuery } from "../api/queries.ts";
import { Button } from "../design/button.tsx";
import { CopyButton } from "../design/copy-button.tsx";
import { DataTable } from "../design/data-table.tsx";
import { Failure } from "../design/states.tsx";

/** First of all that follows a verdict: what somebody still has to put back, and the button that does. */
export function LeftPanel({ run, report: { left, retry } }: { run: string; report: RunReport }) {
  const client = useQueryClient();
  const recover = useMutation({
    mutationFn: () => answer(api.POST("/runs/{run}/recover", { params: { path: { run } }, body: {} })),
    onSuccess: () => client.invalidateQueries({ queryKey: runQuery(run).queryKey }),
  });
  const made = recover.data?.job ?? null;
  const { job, busy } = useJob("recover", made?.id ?? null);
  const done = job?.state === "done";
  useEffect(() => {
    if (done) void client.invalidateQueries({ queryKey: runQuery(run).queryKey });
  }, [client, run, done]);
  if (left.length === 0 && retry === null) return null;
  const failed = job?.state === "failed";
  return (
    <section aria-labelledby="left" className="overflow-hidden rounded-lg border border-bad/40 bg-card">
      <div className="flex flex-wrap items-center justify-between gap-3 p-4">
        <h2 id="left" className="text-lg font-semibold text-bad">
          Still to be put back
        </h2>
        <div className="flex flex-wrap gap-2">
          {retry !== null && <CopyButton text={retry} label="Copy the command" />}
          <Button
            look="primary"
            disabled={recover.isPending || (made !== null && busy)}
            onClick={() => recover.mutate()}
          >
            <Undo2 aria-hidden className="size-4" /> {made !== null && busy ? "Recovering" : "Recover now"}
          </Button>
        </div>
      </div>
      {(recover.error ?? failed) && (
        <div className="px-4 pb-4">
          <Failure error={recover.error ?? new Error(job?.error ?? "The recovery did not end well.")} />
        </div>
      )}
      {left.length > 0 && (
        <DataTable
          caption="Changes that are still there"
          rows={left}
          rowKey={({ undo }) => undo}
          columns={[
            {
              head: "Change",
              cell: ({ thing, label }) => (
                <>
                  <b>{thing}</b>
                  <p className="text-soft">{label}</p>
                </>
              ),
            },
            { head: "Why", cell: ({ why }) => why },
          ]}
        />
      )}
    </section>
  );
}
