import { CircleAlert, CircleCheck, Unplug } from "lucide-react";
import type { Checkup } from "../api/types.ts";
import { Badge } from "../design/badge.tsx";
import { DataTable } from "../design/data-table.tsx";
import { Panel } from "../design/panel.tsx";
import { RunList } from "../history/run-list.tsx";

/** What of ours can be seen on the targets, and which runs say that something is left. */
export function CheckupView({ checkup: { targets, open } }: { checkup: Checkup }) {
  const left = open.filter(({ live }) => !live);
  return (
    <div className="space-y-7">
      {targets.map(({ experiment, target, label, marks, sight, unreachable }) => (
        <Panel
          key={`${experiment} ${target}`}
          title={
            <>
              {target} <span className="font-normal text-soft">{label}</span>
            </>
          }
        >
          {unreachable !== null ? (
            <p className="flex items-center gap-2 p-4 text-warn">
              <Unplug aria-hidden className="size-4 shrink-0" /> Could not be looked at: {unreachable}
            </p>
          ) : marks.length === 0 ? (
            <p className="flex items-center gap-2 p-4 text-good">
              <CircleCheck aria-hidden className="size-4 shrink-0" />{" "}
              {sight ? `No ${sight.marked} of ours.` : "Nothing of ours."}
            </p>
          ) : (
            <DataTable
              caption={`Marks on ${target}`}
              rows={marks}
              rowKey={({ key }) => key}
              columns={[
                { head: "Mark", cell: ({ key }) => <code>{key}</code> },
                { head: "What it is", cell: ({ detail }) => detail },
                { head: "Run", cell: ({ run }) => (run ? <code>{run}</code> : "–") },
                {
                  head: "Can be removed",
                  cell: ({ remove }) => (
                    <Badge tone={remove ? "good" : "warn"}>{remove ? "yes" : "from its journal only"}</Badge>
                  ),
                },
              ]}
            />
          )}
          {sight && unreachable === null && (
            <p className="border-t border-line px-4 py-2 text-sm text-soft">
              Whether {sight.unmarked} were changed, a run’s journal alone can tell.
            </p>
          )}
        </Panel>
      ))}
      {left.length > 0 && (
        <Panel
          title={
            <span className="flex items-center gap-2">
              <CircleAlert aria-hidden className="size-4.5 text-bad" /> Runs with something left to undo
            </span>
          }
        >
          <RunList runs={left} />
        </Panel>
      )}
    </div>
  );
}
