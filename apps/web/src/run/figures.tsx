import { keyFigures, type RunReport } from "@chaos-agents/report/browser";
import { textTone } from "../design/badge.tsx";

/** The numbers people ask for first. */
export function Figures({ report, live }: { report: RunReport; live: boolean }) {
  // what still stands while it is meant to is no failure; its progress is told above
  const figures = keyFigures(report).filter(({ label }) => !live || label !== "Changes undone");
  if (figures.length === 0) return null;
  return (
    <section aria-label="Key figures">
      <dl className="grid grid-cols-2 gap-px overflow-hidden rounded-lg border border-line bg-line md:grid-cols-[repeat(auto-fit,minmax(9.5rem,1fr))]">
        {figures.map(({ label, value, about, tone }) => (
          <div key={label} className="flex flex-col bg-card p-4 max-md:last:odd:col-span-2">
            <dt className="text-sm text-soft">{label}</dt>
            <dd className={`mt-0.5 text-2xl font-semibold tracking-tight ${textTone[tone]}`}>
              <NumberAndUnit value={value} />
            </dd>
            <dd className="text-sm text-soft">{about}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

/** The number large, what follows it small. */
function NumberAndUnit({ value }: { value: string }) {
  const [, number, rest] = /^([\d.,]+) (.+)$/.exec(value) ?? [];
  if (!number) return value;
  return (
    <>
      {number} <small className="text-lg font-semibold whitespace-nowrap">{rest}</small>
    </>
  );
}
