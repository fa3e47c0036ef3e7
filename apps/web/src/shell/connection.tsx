import { useConnection } from "../api/lists-feed.ts";

const words = { connecting: "Connecting", open: "Live", lost: "Not connected" } as const;

/** Whether what is on the page is true right now. */
export function ConnectionSign() {
  const state = useConnection();
  const tint = state === "open" ? "bg-good" : state === "lost" ? "bg-bad" : "bg-warn breathing";
  return (
    <span role="status" className="flex items-center gap-2 text-xs text-soft">
      <span aria-hidden className={`size-2 rounded-full ${tint}`} />
      {words[state]}
    </span>
  );
}

export function OfflineBanner() {
  const state = useConnection();
  if (state !== "lost") return null;
  return (
    <p role="alert" className="border-b border-warn/30 bg-warn-tint px-4 py-2 text-sm text-warn md:px-8">
      <b>The server cannot be reached.</b> What you see is as it was. Runs go on without this page, and it catches up by
      itself.
    </p>
  );
}
