import { clock, type RunReport } from "@chaos-agents/report/browser";
import type { ReactNode } from "react";
import { When } from "../design/moments.tsx";

/** What it was, when, whose, and from which file. */
export function RunFacts({ report: { run, header, lastAt } }: { report: RunReport }) {
  const took = header.endedAt !== null && header.startedAt !== null ? header.endedAt - header.startedAt : lastAt;
  const facts: [string, ReactNode][] = [
    ["Run", run && <code>{run}</code>],
    ["Started", header.startedAt !== null && <When at={header.startedAt} />],
    [header.endedAt === null ? "So far" : "Took", clock(took)],
    ["Owner", header.owner],
    ["Ticket", header.ticket],
    ["File", header.file && <code>{header.file}</code>],
    ["Tags", header.tags.length > 0 && header.tags.join(", ")],
    ["Seed", header.seed !== null && <code>{header.seed}</code>],
  ];
  return (
    <div className="space-y-4">
      {header.hypothesis && (
        <div className="border-l-3 border-line pl-4">
          <h2 className="text-sm font-semibold text-soft">Hypothesis</h2>
          <p className="max-w-[75ch] text-lg text-pretty">{header.hypothesis}</p>
        </div>
      )}
      <dl className="flex flex-wrap gap-x-8 gap-y-2">
        {facts.map(
          ([term, value]) =>
            value && (
              <div key={term} className="min-w-0">
                <dt className="text-xs text-soft">{term}</dt>
                <dd className="text-sm">{value}</dd>
              </div>
            ),
        )}
      </dl>
    </div>
  );
}
