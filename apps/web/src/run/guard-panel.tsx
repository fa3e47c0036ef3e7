import { answered, type RunReport } from "@chaos-agents/report/browser";
import { Badge } from "../design/badge.tsx";
import { DataTable } from "../design/data-table.tsx";
import { Panel } from "../design/panel.tsx";
import { ProbeName } from "./steady-panel.tsx";

/** Probes that would stop the run. */
export function GuardPanel({ report }: { report: RunReport }) {
  const guards = report.probes.filter(({ role }) => role === "guard");
  if (guards.length === 0) return null;
  return (
    <Panel title="Guards">
      <DataTable
        caption="Probes that would stop the run"
        rows={guards}
        rowKey={({ probe }) => probe}
        columns={[
          { head: "Guard", cell: (probe) => <ProbeName probe={probe} />, className: "md:w-1/3" },
          {
            head: "State",
            cell: ({ probe }) => {
              const trip = report.trips.find(({ guard }) => guard === probe);
              if (!trip) return <Badge tone="good">quiet</Badge>;
              return (
                <>
                  <Badge tone="bad">tripped</Badge> <p>{trip.detail}</p>
                </>
              );
            },
          },
          { head: "Asked", numeric: true, cell: ({ points }) => points.length },
          {
            head: "Lowest to highest",
            numeric: true,
            cell: ({ stats, points }) => range(stats, points.at(-1)?.value ?? null),
          },
        ]}
      />
    </Panel>
  );
}

function range(stats: RunReport["probes"][number]["stats"], last: number | string | null): string {
  const all = [stats.before.value, stats.during.value, stats.after.value];
  const lows = all.flatMap(({ min }) => (min === null ? [] : [min]));
  const highs = all.flatMap(({ max }) => (max === null ? [] : [max]));
  if (lows.length === 0) return answered(last);
  const [low, high] = [Math.min(...lows), Math.max(...highs)];
  return low === high ? answered(low) : `${answered(low)} to ${answered(high)}`;
}
