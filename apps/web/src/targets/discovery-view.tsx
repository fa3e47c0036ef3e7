import type { Discovery } from "../api/types.ts";
import { type Column, DataTable } from "../design/data-table.tsx";
import { Panel } from "../design/panel.tsx";

/** Tables as the target's agent gave them, whatever they are of. */
export function DiscoveryView({ found }: { found: readonly Discovery[] }) {
  return (
    <div className="space-y-8">
      {found.map(({ target, label, summary, tables }) => (
        <section key={`${target} ${label}`} aria-label={target} className="space-y-4">
          <div>
            <h2 className="text-xl font-semibold tracking-tight">{target}</h2>
            <p className="text-soft">
              {label}: {summary}
            </p>
          </div>
          {tables.map(({ title, columns, rows }) => (
            <Panel key={title} title={title} aside={<span className="text-sm text-soft">{rows.length}</span>}>
              {rows.length === 0 ? (
                <p className="p-4 text-sm text-soft">None.</p>
              ) : (
                <div className="md:overflow-x-auto md:[&_td]:wrap-break-word">
                  <DataTable
                    caption={title}
                    rows={rows}
                    rowKey={(_, index) => index}
                    dense
                    columns={columns.map((head, index): Column<(typeof rows)[number]> => ({
                      head,
                      numeric: rows.every((row) => typeof row[index] === "number" || row[index] === null),
                      cell: (row) => shown(row[index] ?? null),
                    }))}
                  />
                </div>
              )}
            </Panel>
          ))}
        </section>
      ))}
    </div>
  );
}

function shown(value: string | number | boolean | null): string {
  if (value === null) return "–";
  if (typeof value === "boolean") return value ? "yes" : "no";
  return typeof value === "number" ? value.toLocaleString("en-US") : value;
}
