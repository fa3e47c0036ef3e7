import { useQuery } from "@tanstack/react-query";
import { keyFigures, millis, type RunReport, shownVerdict } from "@chaos-agents/report/browser";
import { Link, useSearch } from "@tanstack/react-router";
import { GitCompareArrows } from "lucide-react";
import { reportQuery } from "../api/queries.ts";
import { Badge, textTone } from "../design/badge.tsx";
import { DataTable } from "../design/data-table.tsx";
import { When } from "../design/moments.tsx";
import { PageHead, Panel } from "../design/panel.tsx";
import { Empty, Failure, Skeleton } from "../design/states.tsx";
import { CoursePanel } from "../run/course/course-panel.tsx";

/** Two runs side by side: how they ended, their figures, and what their probes measured. */
export function ComparePage() {
  const { a, b } = useSearch({ from: "/compare" });
  const left = useQuery({ ...reportQuery(a), enabled: a !== "" });
  const right = useQuery({ ...reportQuery(b), enabled: b !== "" });
  const error = left.error ?? right.error;
  return (
    <>
      <PageHead title="Two runs" kicker="Compare" />
      {a === "" || b === "" ? (
        <div className="rounded-lg border border-line bg-card">
          <Empty icon={GitCompareArrows} title="Choose two runs first">
            Tick two in the{" "}
            <Link to="/runs" className="text-main underline">
              history
            </Link>
            .
          </Empty>
        </div>
      ) : error ? (
        <Failure error={error} />
      ) : !left.data || !right.data ? (
        <Skeleton lines={10} />
      ) : (
        <Comparison reports={[left.data, right.data]} />
      )}
    </>
  );
}

function Comparison({ reports }: { reports: [RunReport, RunReport] }) {
  const figures = reports.map(keyFigures);
  const labels = [...new Set(figures.flat().map(({ label }) => label))];
  const probes = [...new Set(reports.flatMap(({ probes }) => probes.map(({ probe }) => probe)))];
  return (
    <div className="space-y-7">
      <div className="grid gap-4 md:grid-cols-2">
        {reports.map((report, index) => (
          <Ending key={report.run ?? index} report={report} name={index === 0 ? "A" : "B"} />
        ))}
      </div>
      <Panel title="Key figures">
        <DataTable
          caption="Key figures of both runs"
          rows={labels}
          rowKey={(label) => label}
          columns={[
            { head: "Figure", cell: (label) => label, className: "md:w-1/3" },
            ...figures.map((all, index) => ({
              head: index === 0 ? "A" : "B",
              cell: (label: string) => {
                const figure = all.find((one) => one.label === label);
                if (!figure) return "–";
                return (
                  <>
                    <b className={`text-lg font-semibold ${textTone[figure.tone]}`}>{figure.value}</b>
                    <p className="text-soft">{figure.about}</p>
                  </>
                );
              },
            })),
          ]}
        />
      </Panel>
      {probes.length > 0 && (
        <Panel title="Probes, median latency">
          <DataTable
            caption="Median latency of each probe before, during and after the faults"
            rows={probes}
            rowKey={(probe) => probe}
            columns={[
              { head: "Probe", cell: (probe) => <b className="font-semibold">{probe}</b>, className: "md:w-1/3" },
              ...reports.map((report, index) => ({
                head: index === 0 ? "A" : "B",
                cell: (probe: string) => <Latencies report={report} probe={probe} />,
              })),
            ]}
          />
        </Panel>
      )}
      <div className="grid gap-7 xl:grid-cols-2 [&>*]:min-w-0">
        {reports.map((report, index) => (
          <CoursePanel key={index} title={`What happened in ${index === 0 ? "A" : "B"}`} report={report} live={false} />
        ))}
      </div>
    </div>
  );
}

function Ending({ report, name }: { report: RunReport; name: string }) {
  const { title, tone } = shownVerdict(report.verdict);
  return (
    <section aria-label={`Run ${name}`} className="rounded-lg border border-line bg-card p-4">
      <p className="flex flex-wrap items-center gap-2 text-sm text-soft">
        <b className="text-lg text-ink">{name}</b> <Badge tone={tone}>{title}</Badge>
        {report.header.startedAt !== null && <When at={report.header.startedAt} />}
      </p>
      <h2 className="mt-1 text-lg font-semibold">
        <Link to="/runs/$run" params={{ run: report.run ?? "" }} className="hover:underline">
          {report.header.experiment}
        </Link>
      </h2>
      <p className="mt-0.5 text-soft">{report.summary}</p>
    </section>
  );
}

function Latencies({ report, probe }: { report: RunReport; probe: string }) {
  const found = report.probes.find((one) => one.probe === probe);
  if (!found) return <span className="text-soft">not asked</span>;
  const { before, during, after } = found.stats;
  return (
    <span className="whitespace-nowrap">
      {millis(before.latencyMs.p50)} → <b className="font-semibold">{millis(during.latencyMs.p50)}</b> →{" "}
      {millis(after.latencyMs.p50)}
    </span>
  );
}
