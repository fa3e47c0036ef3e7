import { useQuery } from "@tanstack/react-query";
import { ArrowLeft, ArrowRight, Download, ScrollText } from "lucide-react";
import { useState } from "react";
import { base } from "../api/base.ts";
import { auditQuery } from "../api/queries.ts";
import { Button, buttonClass } from "../design/button.tsx";
import { DataTable } from "../design/data-table.tsx";
import { When } from "../design/moments.tsx";
import { Panel } from "../design/panel.tsx";
import { Empty, Failure, Skeleton } from "../design/states.tsx";

/** Who did what, from where. */
export function AuditPanel() {
  const [cursors, setCursors] = useState<number[]>([]);
  const { data, error, refetch } = useQuery(auditQuery(cursors.at(-1) ?? null));
  return (
    <Panel
      title="Audit log"
      aside={
        <a href={`${base}/audit.csv`} download className={buttonClass()}>
          <Download aria-hidden className="size-4" /> CSV
        </a>
      }
    >
      {error && !data ? (
        <Failure error={error} again={() => void refetch()} />
      ) : !data ? (
        <Skeleton lines={6} />
      ) : data.entries.length === 0 ? (
        <Empty icon={ScrollText} title="Nobody has done anything yet" />
      ) : (
        <DataTable
          caption="Who did what"
          rows={data.entries}
          rowKey={({ id }) => id}
          dense
          columns={[
            { head: "When", cell: ({ at }) => <When at={at} /> },
            { head: "Who", cell: ({ by }) => <b className="font-semibold">{by}</b> },
            { head: "Did", cell: ({ action }) => action },
            { head: "To", cell: ({ subject }) => subject || "–" },
            { head: "More", cell: ({ detail }) => detail || "–" },
            { head: "From", cell: ({ from }) => <code>{from}</code> },
          ]}
        />
      )}
      {data && (cursors.length > 0 || data.next !== null) && (
        <nav aria-label="Paging of the audit log" className="flex justify-between border-t border-line p-2">
          <Button disabled={cursors.length === 0} onClick={() => setCursors(cursors.slice(0, -1))}>
            <ArrowLeft aria-hidden className="size-4" /> Newer
          </Button>
          <Button
            disabled={data.next === null}
            onClick={() => data.next !== null && setCursors([...cursors, data.next])}
          >
            Older <ArrowRight aria-hidden className="size-4" />
          </Button>
        </nav>
      )}
    </Panel>
  );
}
