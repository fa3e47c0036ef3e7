import { amount, clock, faultName, faultTag, type RunReport } from "@chaos-agents/report/browser";
import { Badge, FaultTag } from "../design/badge.tsx";
import { DataTable } from "../design/data-table.tsx";
import { ParamList } from "../run/param-list.tsx";

/** Fault by fault: what would be done to which thing, and how it would be put back. */
export function PlannedFaults({ report }: { report: RunReport }) {
  const cost = Object.entries(report.cost);
  const things = report.faults.flatMap(({ things }) => things).length;
  return (
    <div className="space-y-4">
      <dl className="flex flex-wrap gap-px overflow-hidden rounded-lg border border-line bg-line">
        {[["faults", report.faults.length] as const, ["things", things] as const, ...cost].map(([unit, count]) => (
          <div key={unit} className="grow bg-card px-4 py-2.5">
            <dt className="text-xs text-soft">{unit}</dt>
            <dd className="text-xl font-semibold">{amount(count)}</dd>
          </div>
        ))}
      </dl>
      {report.faults.map((fault, index) => (
        <section
          key={fault.fault}
          aria-label={faultName(fault)}
          className="overflow-hidden rounded-lg border border-line bg-card"
        >
          <div className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b border-line px-4 py-2.5">
            <FaultTag>{faultTag(index)}</FaultTag>
            <code className="font-semibold">{faultName(fault)}</code>
            <span className="text-sm text-soft">{when(fault)}</span>
            <span className="ml-auto">
              <Badge tone={fault.reversal === "exact" ? "good" : "plain"}>undo: {fault.reversal ?? "–"}</Badge>
            </span>
          </div>
          <DataTable
            caption={`What ${faultName(fault)} would touch`}
            rows={fault.things}
            rowKey={({ key }) => key}
            most={100}
            dense
            columns={[
              { head: "Would be done", cell: ({ label }) => label, className: "md:w-1/2" },
              {
                head: "And put back",
                cell: ({ undoLabel, reversal }) => (
                  <>
                    {undoLabel ?? "–"} {reversal !== null && reversal !== fault.reversal && <Badge>{reversal}</Badge>}
                  </>
                ),
              },
            ]}
          />
          <div className="px-4 pb-2.5 text-sm">
            <ParamList params={fault.params} />
          </div>
        </section>
      ))}
      {report.faults.length === 0 && (
        <p className="text-soft">Nothing would be broken; the system would only be watched.</p>
      )}
    </div>
  );
}

function when({ planned: { at, duration }, target }: RunReport["faults"][number]): string {
  const parts = [
    target && `on ${target}`,
    at === null ? null : `at ${clock(at)}`,
    duration === null ? null : `for ${clock(duration)}`,
  ];
  return parts.filter(Boolean).join(", ");
}
