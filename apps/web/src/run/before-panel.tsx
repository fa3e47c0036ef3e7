import type { RunReport } from "@chaos-agents/report/browser";
import { Badge } from "../design/badge.tsx";
import { DataTable } from "../design/data-table.tsx";
import { Panel } from "../design/panel.tsx";

const tones = { error: "bad", warning: "warn", info: "plain" } as const;

/** What was found before anything was touched. */
export function BeforePanel({ report: { targets, findings } }: { report: Pick<RunReport, "targets" | "findings"> }) {
  if (targets.length + findings.length === 0) return null;
  return (
    <Panel title="Before anything was touched">
      {targets.length > 0 && (
        <DataTable
          caption="Targets that were found"
          rows={targets}
          rowKey={({ target }) => target}
          columns={[
            {
              head: "Target",
              cell: ({ target, kind }) => (
                <>
                  <b className="font-semibold md:whitespace-nowrap">{target}</b>{" "}
                  {target !== kind && <span className="text-soft">{kind}</span>}
                </>
              ),
            },
            { head: "Where", cell: ({ label }) => label },
            { head: "What it is", cell: ({ summary }) => summary },
          ]}
        />
      )}
      {findings.length > 0 && (
        <div className={targets.length > 0 ? "border-t border-line" : ""}>
          <Findings findings={findings} />
        </div>
      )}
    </Panel>
  );
}

export function Findings({ findings }: Pick<RunReport, "findings">) {
  return (
    <DataTable
      caption="Preflight findings"
      rows={findings}
      rowKey={(_, index) => index}
      columns={[
        { head: "Level", cell: ({ level }) => <Badge tone={tones[level]}>{level}</Badge>, className: "md:w-24" },
        {
          head: "Finding",
          cell: ({ skill, message }) => (
            <>
              {skill && <code className="font-medium">{skill} </code>}
              {message}
            </>
          ),
        },
        ...(findings.some(({ remedy }) => remedy)
          ? [
              {
                head: "What mends it",
                cell: ({ remedy }: RunReport["findings"][number]) => (remedy ? <code>{remedy}</code> : "–"),
              },
            ]
          : []),
      ]}
    />
  );
}
