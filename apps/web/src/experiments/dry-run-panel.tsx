import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Play, X } from "lucide-react";
import { useEffect, useId, useState } from "react";
import { answer, api } from "../api/client.ts";
import { useJob } from "../api/jobs.ts";
import type { DryRun } from "../api/types.ts";
import { Button } from "../design/button.tsx";
import { Panel } from "../design/panel.tsx";
import { Failure, Skeleton } from "../design/states.tsx";
import { BeforePanel } from "../run/before-panel.tsx";
import { PlannedFaults } from "./planned-faults.tsx";

interface DryRunPanel {
  source: { text: string; experiment: string };
  file: string | null;
  /** What was looked at is not what the file says. */
  unsaved: boolean;
  /** What is in the editor is no longer what was looked at. */
  stale: boolean;
  onClose: () => void;
}

/** The exact things that would be touched, each with its way back; approved, this plan and no other is run. */
export function DryRunPanel({ source, file, unsaved, stale, onClose }: DryRunPanel) {
  const ask = useMutation({ mutationFn: () => answer(api.POST("/dry-run", { body: source })) });
  const { mutate } = ask;
  useEffect(() => mutate(), [mutate]);
  const { job, result, error } = useJob("dry-run", ask.data?.job.id ?? null);
  const failure = ask.error ?? (job?.state === "failed" && !result ? (job.error ? new Error(job.error) : error) : null);
  // what was refused before it was planned would break nothing, and not because there is nothing to break
  const planned = result !== null && (result.report.faults.length > 0 || result.report.verdict !== "refused");
  return (
    <div className="min-w-0 space-y-6">
      <Panel
        title="What would happen"
        bare
        aside={
          <Button look="bare" onClick={onClose} aria-label="Close the dry run">
            <X aria-hidden className="size-4" />
          </Button>
        }
      >
        <p role="status" className="mb-3 text-sm text-soft">
          {result
            ? planned
              ? "Nothing was touched: this is what was found and would be done."
              : "Nothing was touched, and it did not come to a plan."
            : failure
              ? ""
              : job?.state === "queued"
                ? "Waiting for its turn."
                : "Looking at the targets. Nothing is touched."}
        </p>
        {failure ? (
          <Failure error={failure} />
        ) : !result ? (
          <Skeleton lines={6} />
        ) : (
          planned && <PlannedFaults report={result.report} />
        )}
      </Panel>
      {result && (
        <>
          <BeforePanel report={result.report} />
          <Approve source={source} file={file} unsaved={unsaved} stale={stale} dryRun={result} />
        </>
      )}
    </div>
  );
}

function Approve({
  source,
  file,
  unsaved,
  stale,
  dryRun,
}: Pick<DryRunPanel, "source" | "file" | "unsaved" | "stale"> & { dryRun: DryRun }) {
  const { report, plan, seed } = dryRun;
  const [approved, setApproved] = useState(false);
  const id = useId();
  const navigate = useNavigate();
  const run = useMutation({
    mutationFn: () =>
      answer(
        api.POST("/runs", {
          body: {
            ...(unsaved || file === null ? { text: source.text } : { file }),
            experiment: source.experiment,
            ...(plan === null ? {} : { approved: plan }),
            ...(seed === null ? {} : { seed }),
          },
        }),
      ),
    onSuccess: async ({ jobs }) => {
      const [first] = jobs;
      if (first?.run) await navigate({ to: "/runs/$run", params: { run: first.run } });
    },
  });
  const errors = report.findings.filter(({ level }) => level === "error").length;
  if (errors > 0 || report.verdict === "refused") {
    return (
      <Failure
        error={
          new Error(hinted(report) ?? "Preflight found errors: this run would be refused before anything is touched.")
        }
      />
    );
  }
  return (
    <section aria-label="Approve and run" className="space-y-3 rounded-lg border border-line bg-card p-4">
      {stale ? (
        <p className="text-warn">
          The experiment was changed since. Do a dry run again to see what it would touch now.
        </p>
      ) : (
        <label className="flex items-start gap-3" htmlFor={id}>
          <input
            id={id}
            type="checkbox"
            checked={approved}
            onChange={(event) => setApproved(event.target.checked)}
            className="mt-1 size-4 accent-main"
          />
          <span>
            <b className="font-semibold">I approve exactly this plan.</b>
            <span className="block text-sm text-soft">
              Should the targets have changed by then, so that the plan would be another, it is refused.{" "}
              {plan !== null && (
                <>
                  Plan <code title={plan}>{plan.slice(0, 12)}</code>
                </>
              )}
              {seed !== null && (
                <>
                  , seed <code>{seed}</code>
                </>
              )}
            </span>
          </span>
        </label>
      )}
      {run.error && <Failure error={run.error} />}
      <Button
        look="danger"
        disabled={!approved || stale || run.isPending}
        onClick={() => run.mutate()}
        className="min-h-11 px-5 text-base font-semibold"
      >
        <Play aria-hidden className="size-4.5" /> {run.isPending ? "Starting" : "Break it, and put it back"}
      </Button>
    </section>
  );
}

const hinted = ({ reason, remedy }: DryRun["report"]) =>
  reason === null || remedy === null ? reason : `${reason}\nhint: ${remedy}`;
