import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { OctagonX, Play } from "lucide-react";
import { useId, useState } from "react";
import { answer, api } from "../api/client.ts";
import { machineQuery } from "../api/queries.ts";
import { Button } from "../design/button.tsx";
import { Confirm } from "../design/confirm.tsx";
import { Panel } from "../design/panel.tsx";
import { Failure } from "../design/states.tsx";

/** The lever for everything on this machine, whoever started it. */
export function SafetyPanel() {
  const { data: machine } = useQuery(machineQuery);
  const client = useQueryClient();
  const id = useId();
  const [reason, setReason] = useState("");
  const [asking, setAsking] = useState(false);
  const onSuccess = () => client.invalidateQueries({ queryKey: machineQuery.queryKey });
  const halt = useMutation({
    mutationFn: () => answer(api.POST("/halt", { body: reason.trim() ? { reason: reason.trim() } : {} })),
    onSuccess,
  });
  const resume = useMutation({ mutationFn: () => answer(api.DELETE("/halt")), onSuccess });
  const halted = machine?.halted ?? null;
  return (
    <Panel title="Safety lever">
      <div className="flex flex-wrap items-end gap-3 p-4">
        {halted ? (
          <>
            <p className="min-w-0 grow basis-72">
              <b className="text-bad">Halted by {halted.by}.</b> {halted.reason}. Nothing can start until runs are
              allowed again.
            </p>
            <Button look="primary" disabled={resume.isPending} onClick={() => resume.mutate()}>
              <Play aria-hidden className="size-4" /> Allow runs again
            </Button>
          </>
        ) : (
          <>
            <div className="grow basis-72">
              <label htmlFor={id} className="mb-1 block text-sm font-medium">
                Stop everything on this machine, and let nothing new start
              </label>
              <input
                id={id}
                value={reason}
                onChange={(event) => setReason(event.target.value)}
                placeholder="Why, for those who see it"
                maxLength={500}
                className="field"
              />
            </div>
            <Button look="danger" disabled={halt.isPending} onClick={() => setAsking(true)}>
              <OctagonX aria-hidden className="size-4" /> Halt
            </Button>
          </>
        )}
      </div>
      {(halt.error ?? resume.error) && (
        <div className="px-4 pb-4">
          <Failure error={halt.error ?? resume.error} />
        </div>
      )}
      <Confirm
        open={asking}
        onOpenChange={setAsking}
        title="Halt this machine?"
        action="Halt"
        danger
        onConfirm={() => {
          setAsking(false);
          halt.mutate();
        }}
      >
        <p>
          Every run on it, also those started in terminals, stops and undoes what it did. New ones are refused until
          somebody allows them again.
        </p>
      </Confirm>
    </Panel>
  );
}
