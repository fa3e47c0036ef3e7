import { useMutation, useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Crosshair, Radar, Stethoscope } from "lucide-react";
import { answer, api } from "../api/client.ts";
import { useJob } from "../api/jobs.ts";
import { filesQuery } from "../api/queries.ts";
import { Button } from "../design/button.tsx";
import { PageHead } from "../design/panel.tsx";
import { Empty, Failure, Skeleton } from "../design/states.tsx";
import { CheckupView } from "./checkup-view.tsx";
import { DiscoveryView } from "./discovery-view.tsx";
import { SweepPanel } from "./sweep-panel.tsx";

type Look = "discover" | "doctor";

/** What is there on a file's targets, and whether anything of ours was left on them. */
export function TargetsPage() {
  const { file = "" } = useSearch({ from: "/targets" });
  const navigate = useNavigate();
  const { data: files, error } = useQuery(filesQuery);
  const runnable = files?.filter(({ names }) => names.length > 0) ?? [];
  const chosen = runnable.some((one) => one.file === file) ? file : (runnable[0]?.file ?? "");
  const look = useMutation({
    mutationFn: (kind: Look) => answer(api.POST(`/${kind}`, { body: { file: chosen } })),
  });
  return (
    <>
      <PageHead title="Targets" kicker="What can be broken, and what was left behind" />
      {error && !files ? (
        <Failure error={error} />
      ) : files && runnable.length === 0 ? (
        <Empty icon={Crosshair} title="No file names a target">
          Targets are what experiment files name. Write one first.
        </Empty>
      ) : (
        <div className="mb-6 flex flex-wrap gap-2">
          <select
            aria-label="Whose targets"
            value={chosen}
            onChange={(event) => {
              look.reset();
              void navigate({ to: "/targets", search: { file: event.target.value }, replace: true });
            }}
            className="field basis-72 grow"
          >
            {runnable.map(({ file, names }) => (
              <option key={file} value={file}>
                {names.join(", ")} — {file}
              </option>
            ))}
          </select>
          <Button look="primary" disabled={chosen === "" || look.isPending} onClick={() => look.mutate("discover")}>
            <Radar aria-hidden className="size-4" /> Discover
          </Button>
          <Button disabled={chosen === "" || look.isPending} onClick={() => look.mutate("doctor")}>
            <Stethoscope aria-hidden className="size-4" /> Look for leftovers
          </Button>
        </div>
      )}
      {look.error && <Failure error={look.error} />}
      {look.data ? (
        look.variables === "discover" ? (
          <Found key={look.data.job.id} id={look.data.job.id} />
        ) : (
          <Examined key={look.data.job.id} id={look.data.job.id} file={chosen} />
        )
      ) : (
        !look.isPending &&
        !look.error && (
          <Empty icon={Radar} title="Nothing was looked at yet">
            Both only read: discovering lists what is there, looking for leftovers finds marks of ours, whatever the
            journal says.
          </Empty>
        )
      )}
    </>
  );
}

function Found({ id }: { id: string }) {
  const { job, result, error } = useJob("discover", id);
  if (job?.state === "failed" && !result) return <Failure error={job.error ? new Error(job.error) : error} />;
  return result ? <DiscoveryView found={result} /> : <Looking />;
}

function Examined({ id, file }: { id: string; file: string }) {
  const { job, result, error } = useJob("doctor", id);
  if (result) {
    return (
      <div className="space-y-7">
        <CheckupView checkup={result} />
        <SweepPanel file={file} checkup={result} />
      </div>
    );
  }
  if (job?.state === "failed" && error) return <Failure error={job.error ? new Error(job.error) : error} />;
  return <Looking />;
}

const Looking = () => (
  <>
    <p role="status" className="text-sm text-soft">
      Looking at the targets. Nothing is touched.
    </p>
    <Skeleton lines={8} />
  </>
);
