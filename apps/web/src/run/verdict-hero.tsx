import { furtherReason, type RunReport, shownVerdict } from "@chaos-agents/report/browser";
import { CircleAlert, CircleCheck, CircleX, Eye } from "lucide-react";

const icons = { good: CircleCheck, plain: Eye, warn: CircleAlert, bad: CircleX } as const;
const looks = {
  good: "border-good/25 bg-good-tint text-good",
  plain: "border-plain/25 bg-plain-tint text-plain",
  warn: "border-warn/25 bg-warn-tint text-warn",
  bad: "border-bad/30 bg-bad-tint text-bad",
} as const;

/** How it ended, in a word and a sentence. */
export function VerdictHero({ report }: { report: RunReport }) {
  const { title, tone } = shownVerdict(report.verdict);
  const Icon = icons[tone];
  const reason = furtherReason(report);
  return (
    <section aria-label="Verdict" className={`flex items-start gap-4 rounded-lg border p-5 ${looks[tone]}`}>
      <Icon aria-hidden className="mt-0.5 size-9 shrink-0" strokeWidth={1.8} />
      <div className="min-w-0">
        <p className="text-2xl font-bold tracking-tight">{title}</p>
        <p className="mt-0.5 text-lg text-pretty text-ink">{report.summary}</p>
        {reason !== null && <p className="mt-1 text-ink/80">{reason}</p>}
        {report.remedy !== null && <p className="mt-1 text-ink/80">{report.remedy}</p>}
      </div>
    </section>
  );
}
