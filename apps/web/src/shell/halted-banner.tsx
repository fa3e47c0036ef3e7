import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { OctagonX } from "lucide-react";
import { answer, api } from "../api/client.ts";
import { machineQuery } from "../api/queries.ts";
import { Button } from "../design/button.tsx";
import { When } from "../design/moments.tsx";

/** Told on every page, since it explains why nothing starts. */
export function HaltedBanner() {
  const { data: machine } = useQuery(machineQuery);
  const client = useQueryClient();
  const resume = useMutation({
    mutationFn: () => answer(api.DELETE("/halt")),
    onSuccess: () => client.invalidateQueries({ queryKey: machineQuery.queryKey }),
  });
  if (!machine?.halted) return null;
  const { at, by, reason } = machine.halted;
  return (
    <div
      role="alert"
      className="flex flex-wrap items-center gap-x-4 gap-y-2 border-b border-bad/30 bg-bad-tint px-4 py-2.5 md:px-8"
    >
      <OctagonX aria-hidden className="size-5 shrink-0 text-bad" />
      <p className="min-w-0 grow text-sm">
        <b className="text-bad">Halted: no run may start on this machine.</b> {reason && <>“{reason}” — </>}
        {by}, <When at={at} />
        {resume.error && <span className="block text-bad">{resume.error.message}</span>}
      </p>
      <Button disabled={resume.isPending} onClick={() => resume.mutate()}>
        Allow runs again
      </Button>
    </div>
  );
}
