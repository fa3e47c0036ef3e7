import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { answer, api } from "../api/client.ts";
import { jobsQuery } from "../api/queries.ts";
import type { Job } from "../api/types.ts";
import { Button } from "../design/button.tsx";
import { When } from "../design/moments.tsx";
import { Panel } from "../design/panel.tsx";

/** What waits for its turn; nothing when nothing does. */
export function QueuePanel() {
  const { data } = useQuery(jobsQuery);
  const queued = data?.filter(({ state }) => state === "queued").toSorted((a, b) => a.queuedAt - b.queuedAt) ?? [];
  if (queued.length === 0) return null;
  return (
    <Panel title="Waiting" aside={<span className="text-sm text-soft">{queued.length} in the queue</span>}>
      <ul className="divide-y divide-line">
        {queued.slice(0, 12).map((job) => (
          <Queued key={job.id} job={job} />
        ))}
      </ul>
    </Panel>
  );
}

function Queued({ job }: { job: Job }) {
  const client = useQueryClient();
  const cancel = useMutation({
    mutationFn: () => answer(api.DELETE("/jobs/{id}", { params: { path: { id: job.id } } })),
    onSuccess: () => client.invalidateQueries({ queryKey: jobsQuery.queryKey }),
  });
  return (
    <li className="flex flex-wrap items-center justify-between gap-x-4 gap-y-1 px-4 py-2">
      <span className="min-w-0">
        {job.run ? (
          <Link to="/runs/$run" params={{ run: job.run }} className="font-medium hover:underline">
            {job.title}
          </Link>
        ) : (
          <b className="font-medium">{job.title}</b>
        )}{" "}
        <span className="text-sm text-soft">
          {job.kind}, asked for by {job.by} <When at={job.queuedAt} ago />
        </span>
        {cancel.error && <span className="block text-sm text-bad">{cancel.error.message}</span>}
      </span>
      <Button
        look="bare"
        aria-label={`Take ${job.title} out of the queue`}
        disabled={cancel.isPending}
        onClick={() => cancel.mutate()}
      >
        Cancel
      </Button>
    </li>
  );
}
