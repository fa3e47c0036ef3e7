import { type Judgement, judgementOf, millis, type RunReport } from "@chaos-agents/report/browser";
import { Badge } from "../design/badge.tsx";
import { DataTable } from "../design/data-table.tsx";
import { Panel } from "../design/panel.tsx";

type Probe = RunReport["probes"][number];
const windows = ["before", "during", "after"] as const;
const heads = { before: "Before", during: "During the faults", after: "After the undo" };

/** What healthy means, side by side before, during and after. */
export function SteadyPanel({ report }: { report: RunReport }) {
  const probes = report.probes.filter(({ role }) => role === "steady-state");
  if (probes.length === 0) return null;
  return (
    <Panel title="Steady state">
      <DataTable
        caption="What healthy means, and whether it was so"
        rows={probes}
        rowKey={({ probe }) => probe}
        columns={[
          { head: "Probe", cell: (probe) => <ProbeName probe={probe} />, className: "md:w-1/4" },
          ...windows.map((when) => ({
            head: heads[when],
            cell: (probe: Probe) => <Window report={report} probe={probe} when={when} />,
          })),
        ]}
      />
    </Panel>
  );
}

export function ProbeName({ probe: { probe, kind, expect, maxLatencyMs } }: { probe: Probe }) {
  const parts = [kind, expect, maxLatencyMs === null ? null : `within ${millis(maxLatencyMs)}`];
  return (
    <>
      <b className="font-semibold">{probe}</b>
      <p className="text-soft">{parts.filter((part) => part !== null).join(", ")}</p>
    </>
  );
}

const judgements: Record<NonNullable<Judgement>, [tone: "good" | "bad" | "plain", words: string]> = {
  held: ["good", "held"],
  "not-held": ["bad", "did not hold"],
  "not-required": ["plain", "not required"],
};

function Window({ report, probe, when }: { report: RunReport; probe: Probe; when: (typeof windows)[number] }) {
  const judgement = judgementOf(report, probe, when);
  const { asked, failed, latencyMs } = probe.stats[when];
  if (judgement === null && asked === 0) return <span className="text-soft">not asked</span>;
  const objection = report.checks
    .filter((check) => check.when === when)
    .flatMap((check) => check.answers)
    .findLast((answer) => answer.probe === probe.probe && !answer.ok);
  return (
    <div className="space-y-0.5">
      {judgement && <Badge tone={judgements[judgement][0]}>{judgements[judgement][1]}</Badge>}
      {judgement === "not-held" && objection && <p>{objection.detail}</p>}
      {asked > 0 && (
        <p className={failed > 0 ? "text-warn" : "text-soft"}>
          {asked - failed} of {asked} within tolerance
        </p>
      )}
      {latencyMs.n > 0 && (
        <p className="text-soft">
          {(["p50", "p95", "max"] as const).map((name, index) => (
            <span key={name} className="whitespace-nowrap">
              {index > 0 && " "}
              {name} {millis(latencyMs[name])}
              {index < 2 && ","}
            </span>
          ))}
        </p>
      )}
    </div>
  );
}
