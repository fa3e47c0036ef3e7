import type { RunReport } from "@chaos-agents/report/browser";

/** How much is put back, while it is. */
export function UndoProgress({ report }: { report: RunReport }) {
  const { undos } = report;
  if (undos.length === 0) return null;
  const ended = undos.filter(({ outcome }) => outcome !== null);
  const bad = ended.filter(({ outcome }) => outcome === "failed" || outcome === "conflict").length;
  const current = undos.findLast(({ startedAt, endedAt }) => startedAt !== null && endedAt === null);
  const share = (count: number) => `${(count / undos.length) * 100}%`;
  return (
    <div className="min-w-0">
      <div className="flex items-baseline justify-between gap-3 text-sm">
        <span className="min-w-0 truncate text-soft">
          {current
            ? `Undoing ${current.label}`
            : ended.length === undos.length
              ? "Everything is dealt with"
              : "To be undone at the end"}
        </span>
        <b className="shrink-0">
          {ended.length} of {undos.length}
        </b>
      </div>
      <div
        role="progressbar"
        aria-label="Changes undone"
        aria-valuenow={ended.length}
        aria-valuemin={0}
        aria-valuemax={undos.length}
        className="mt-1 flex h-2 overflow-hidden rounded-full bg-line"
      >
        <div className="bg-undo transition-[width]" style={{ width: share(ended.length - bad) }} />
        <div className="bg-bad transition-[width]" style={{ width: share(bad) }} />
      </div>
    </div>
  );
}
