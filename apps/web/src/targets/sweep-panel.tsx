import { useMutation } from "@tanstack/react-query";
import { Eraser } from "lucide-react";
import { useState } from "react";
import { answer, api } from "../api/client.ts";
import { useJob } from "../api/jobs.ts";
import type { Checkup } from "../api/types.ts";
import { Button } from "../design/button.tsx";
import { Confirm } from "../design/confirm.tsx";
import { Panel } from "../design/panel.tsx";
import { Failure } from "../design/states.tsx";

/** Marks that no journal here can undo, and the button that removes them; afterwards, what became of each. */
export function SweepPanel({ file, checkup: { targets, open } }: { file: string; checkup: Checkup }) {
  const known = new Set(open.map(({ run }) => run));
  const marks = targets.flatMap((target) => target.marks).filter(({ run, remove }) => remove && !known.has(run ?? ""));
  const [asking, setAsking] = useState(false);
  const sweep = useMutation({
    mutationFn: () => answer(api.POST("/sweep", { body: { file } })),
    onSettled: () => setAsking(false),
  });
  const made = sweep.data?.job ?? null;
  const { job, result, error, busy } = useJob("sweep", made?.id ?? null);
  if (marks.length === 0) return null;
  const failure = sweep.error ?? (job?.state === "failed" && job.error ? new Error(job.error) : error);
  return (
    <Panel title="Without a journal">
      <div className="space-y-3 p-4">
        {result?.said ? (
          <pre role="status" className="overflow-x-auto text-sm whitespace-pre-wrap">
            {result.said}
          </pre>
        ) : (
          <div className="flex flex-wrap items-center justify-between gap-3">
            <p>
              {marks.length === 1
                ? "One mark belongs to a run whose journal is not on this machine."
                : `${marks.length} marks belong to runs whose journals are not on this machine.`}
            </p>
            <Button disabled={sweep.isPending || busy} onClick={() => setAsking(true)}>
              <Eraser aria-hidden className="size-4" /> {busy ? "Removing" : "Remove what is ours"}
            </Button>
          </div>
        )}
        {failure && <Failure error={failure} />}
      </div>
      <Confirm
        open={asking}
        onOpenChange={setAsking}
        title="Remove what carries our mark?"
        action="Remove it"
        danger
        busy={sweep.isPending}
        onConfirm={() => sweep.mutate()}
      >
        <p>
          A run that another machine still works on loses its faults. Where a journal is left anywhere, recovering from
          it is better: it puts everything back.
        </p>
      </Confirm>
    </Panel>
  );
}
