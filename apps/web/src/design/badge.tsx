import type { Tone } from "@chaos-agents/report/browser";
import type { ReactNode } from "react";

const tones: Record<Tone, string> = {
  plain: "bg-plain-tint text-plain",
  good: "bg-good-tint text-good",
  warn: "bg-warn-tint text-warn",
  bad: "bg-bad-tint text-bad",
  dim: "bg-well text-soft",
};

export const textTone: Record<Tone, string> = {
  plain: "text-ink",
  good: "text-good",
  warn: "text-warn",
  bad: "text-bad",
  dim: "text-soft",
};

export function Badge({ tone = "plain", children }: { tone?: Tone; children: ReactNode }) {
  return (
    <span
      className={`inline-flex items-center gap-1 rounded-full px-2 py-px text-xs font-semibold whitespace-nowrap ${tones[tone]}`}
    >
      {children}
    </span>
  );
}

/** A letter for a fault, the same in timeline, charts and tables. */
export const FaultTag = ({ children }: { children: ReactNode }) => (
  <b className="inline-block min-w-5 shrink-0 rounded-sm bg-[color-mix(in_srgb,var(--bite)_16%,var(--card))] px-1 text-center text-xs leading-5 text-bite-ink">
    {children}
  </b>
);
