import type { LucideIcon } from "lucide-react";
import { CircleAlert, Unplug } from "lucide-react";
import type { ReactNode } from "react";
import { ApiError } from "../api/client.ts";
import { Button } from "./button.tsx";
import { toldLines } from "./told-lines.ts";

/** Where something is going to be, while it is fetched. */
export function Skeleton({ lines = 3, label = "Loading" }: { lines?: number; label?: string }) {
  return (
    <div role="status" aria-label={label} className="space-y-2.5 p-4">
      {Array.from({ length: lines }, (_, index) => (
        <div
          key={index}
          className="breathing h-4 rounded-sm bg-line"
          style={{ width: `${92 - ((index * 23) % 41)}%` }}
        />
      ))}
    </div>
  );
}

export function Empty({ icon: Icon, title, children }: { icon: LucideIcon; title: string; children?: ReactNode }) {
  return (
    <div className="flex flex-col items-center gap-1 px-6 py-10 text-center">
      <Icon aria-hidden className="mb-1 size-6 text-soft" strokeWidth={1.6} />
      <p className="font-semibold">{title}</p>
      {children && <div className="max-w-[52ch] text-sm text-soft">{children}</div>}
    </div>
  );
}

/** What went wrong, where, and what to do about it. */
export function Failure({ error, again }: { error: unknown; again?: () => void }) {
  const { lines, hint } = toldLines(error instanceof Error ? error.message : String(error));
  const remedy = (error instanceof ApiError && error.problem.remedy) || hint;
  const Icon = error instanceof ApiError && error.unreachable ? Unplug : CircleAlert;
  return (
    <div role="alert" className="flex items-start gap-3 rounded-lg border border-bad/30 bg-bad-tint p-4">
      <Icon aria-hidden className="mt-0.5 size-5 shrink-0 text-bad" />
      <div className="min-w-0 grow">
        {lines.map((line, index) => (
          <p key={index} className="font-semibold text-bad">
            {line}
          </p>
        ))}
        {remedy && <p className="mt-1 text-sm">{remedy}</p>}
      </div>
      {again && <Button onClick={again}>Try again</Button>}
    </div>
  );
}
