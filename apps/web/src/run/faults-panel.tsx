import { clock, faultName, faultTag, type RunReport } from "@chaos-agents/report/browser";
import { Fragment } from "react";
import { Badge, FaultTag } from "../design/badge.tsx";
import { DataTable } from "../design/data-table.tsx";
import { Panel } from "../design/panel.tsx";
import { ParamList } from "./param-list.tsx";

type Fault = RunReport["faults"][number];

/** What was broken, and who saw it. */
export function FaultsPanel({ report }: { report: RunReport }) {
  if (report.faults.length === 0) return null;
  const rows = report.faults.map((fault, index) => ({ fault, tag: faultTag(index) }));
  return (
    <Panel title="Faults and witnesses">
      <DataTable
        caption="What was broken, and how that was seen"
        rows={rows}
        rowKey={({ fault }) => fault.fault}
        columns={[
          {
            head: "Fault",
            cell: ({ fault, tag }) => (
              <div className="flex items-baseline gap-2">
                <FaultTag>{tag}</FaultTag>
                <div className="min-w-0">
                  <code className="font-medium md:whitespace-nowrap">{faultName(fault)}</code>
                  {fault.target && <p className="text-soft">on {fault.target}</p>}
                </div>
              </div>
            ),
          },
          { head: "What it touched", cell: ({ fault }) => <Things fault={fault} /> },
          { head: "Witness", cell: ({ fault }) => <Witness fault={fault} /> },
          { head: "Stood", cell: ({ fault }) => <span className="whitespace-nowrap">{stood(fault)}</span> },
          {
            head: "Undo is worth",
            cell: ({ fault }) => <span className="whitespace-nowrap">{fault.reversal ?? "–"}</span>,
          },
        ]}
      />
    </Panel>
  );
}

function Things({ fault: { things, notes, params } }: { fault: Fault }) {
  return (
    <div className="space-y-0.5">
      {things.slice(0, 5).map(({ key, label }) => (
        <p key={key}>{label}</p>
      ))}
      {things.length > 5 && <p>and {things.length - 5} more</p>}
      {notes.slice(0, 5).map(({ t, message }) => (
        <p key={`${t} ${message}`} className="text-soft">
          Note: {message}
        </p>
      ))}
      <ParamList params={params} />
    </div>
  );
}

function Witness({ fault }: { fault: Fault }) {
  const witnesses = fault.things.flatMap(({ witness }) => (witness ? [witness] : []));
  return (
    <div className="space-y-0.5">
      <Landing fault={fault} />
      {witnesses.slice(0, 3).map(({ detail }, index) => (
        <p key={index}>{detail}</p>
      ))}
      {fault.errors.slice(0, 3).map(({ t, message, remedy }) => (
        <Fragment key={`${t} ${message}`}>
          <p className="text-bad">{message}</p>
          {remedy && <p className="font-medium">→ {remedy}</p>}
        </Fragment>
      ))}
    </div>
  );
}

function Landing({ fault: { landing, things, startedAt } }: { fault: Fault }) {
  if (landing === "not-landed") return <Badge tone="bad">did not land</Badge>;
  if (landing === "lost") return <Badge tone="bad">landed, then lost</Badge>;
  if (landing === null) return <Badge tone="dim">{startedAt === null ? "not started" : "not seen yet"}</Badge>;
  const effect = things.every(({ witness }) => witness?.seen === "effect");
  return <Badge tone={effect ? "good" : "plain"}>{effect ? "effect seen" : "accepted"}</Badge>;
}

function stood({ startedAt, activeFrom, undoneAt, outcome }: Fault): string {
  if (startedAt === null) return "–";
  const from = clock(activeFrom ?? startedAt);
  const until = outcome === "failed" ? null : undoneAt;
  return until === null ? `since ${from}` : `${from} to ${clock(until)}`;
}
