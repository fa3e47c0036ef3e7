import { useMutation } from "@tanstack/react-query";
import { Octagon } from "lucide-react";
import { useState } from "react";
import { answer, api, ApiError } from "../api/client.ts";
import { Confirm } from "../design/confirm.tsx";

/**
 * Never disabled. Where the server cannot be reached, the wish is kept and sent again until it got through, and the way
 * that needs no page is told meanwhile. Docked, it stays within reach of a thumb.
 */
export function StopButton({ run, stopping, docked = false }: { run: string; stopping: boolean; docked?: boolean }) {
  const [asking, setAsking] = useState(false);
  const stop = useMutation({
    mutationFn: () =>
      answer(
        api.POST("/runs/{run}/stop", { params: { path: { run } }, body: { reason: "stopped in the control room" } }),
      ),
    retry: (_, error) => error instanceof ApiError && error.unreachable,
    retryDelay: 1_000,
  });
  const sending = stop.isPending;
  const words = stopping || stop.isSuccess ? "Stopping" : sending ? "Sending stop" : "Stop";
  return (
    <div
      className={`flex min-w-0 flex-col items-end gap-1.5 ${docked ? "max-lg:fixed max-lg:inset-x-4 max-lg:bottom-[calc(4.25rem+env(safe-area-inset-bottom))] max-lg:z-30 max-lg:items-stretch" : "max-sm:w-full max-sm:items-stretch"}`}
    >
      <button
        type="button"
        onClick={() => setAsking(true)}
        className="inline-flex min-h-12 items-center justify-center gap-2.5 rounded-lg bg-stop px-6 text-xl font-bold text-white shadow-sm transition-colors hover:bg-stop-deep"
      >
        <Octagon
          aria-hidden
          className={`size-5.5 fill-white/25 ${words === "Stop" ? "" : "breathing"}`}
          strokeWidth={2.4}
        />
        {words}
      </button>
      <Confirm
        open={asking}
        onOpenChange={setAsking}
        title="Stop this run and undo everything?"
        action="Stop and undo"
        danger
        onConfirm={() => {
          setAsking(false);
          stop.mutate();
        }}
      >
        <p>
          No further fault is made, and every change is put back, last one first. The run then ends as halted; its
          report stays.
        </p>
        {stopping && <p>It is stopping already. Sending it again does no harm.</p>}
      </Confirm>
      <div
        aria-live="assertive"
        className="text-sm lg:max-w-72 lg:text-right [&:not(:empty)]:rounded-md [&:not(:empty)]:bg-paper [&:not(:empty)]:p-1.5"
      >
        {sending && stop.failureCount > 0 && (
          <p className="text-bad">
            The server cannot be reached; the stop is sent again every second. From a shell on that machine:{" "}
            <code>chaos halt</code>
          </p>
        )}
        {stop.error && (
          <p className="text-bad">
            {stop.error.message} From a shell: <code>chaos halt</code>
          </p>
        )}
        {stop.isSuccess && !stopping && <p className="text-soft">The run was told to stop.</p>}
      </div>
    </div>
  );
}
