import type { ReactNode } from "react";

export interface Column<Row> {
  head: string;
  cell: (row: Row) => ReactNode;
  numeric?: boolean;
  /** For columns that are nothing without their neighbours: how wide at least. */
  className?: string;
}

interface DataTable<Row> {
  caption: string;
  rows: readonly Row[];
  columns: readonly Column<Row>[];
  rowKey: (row: Row, index: number) => string | number;
  /** Beyond this many, a line says how many more there are. */
  most?: number;
  dense?: boolean;
}

/** A table that becomes a list of small cards where it would not fit. */
export function DataTable<Row>({ caption, rows, columns, rowKey, most = 300, dense = false }: DataTable<Row>) {
  const shown = rows.slice(0, most);
  const pad = dense ? "md:py-1.5" : "md:py-2.5";
  return (
    <>
      <table className="block w-full text-sm md:table">
        <caption className="sr-only">{caption}</caption>
        <thead className="sr-only md:not-sr-only md:table-header-group">
          <tr className="md:border-b md:border-line">
            {columns.map(({ head, numeric }) => (
              <th
                key={head}
                scope="col"
                className={`px-4 py-2 text-left text-xs font-normal whitespace-nowrap text-soft ${numeric ? "md:text-right" : ""}`}
              >
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody className="block divide-y divide-line md:table-row-group">
          {shown.map((row, index) => (
            <tr key={rowKey(row, index)} className="block py-2.5 md:table-row md:py-0">
              {columns.map(({ head, cell, numeric, className = "" }, column) => (
                <td
                  key={head}
                  className={`grid gap-3 px-4 py-1 align-top md:table-cell ${pad} ${column === 0 ? "" : "grid-cols-[6.5rem_minmax(0,1fr)]"} ${numeric ? "md:text-right md:whitespace-nowrap" : ""} ${className}`}
                >
                  {column > 0 && (
                    <span aria-hidden className="text-xs leading-5 text-soft md:hidden">
                      {head}
                    </span>
                  )}
                  <div className="min-w-0">{cell(row)}</div>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length > shown.length && (
        <p className="border-t border-line px-4 py-2 text-xs text-soft">
          and {(rows.length - shown.length).toLocaleString("en-US")} more
        </p>
      )}
    </>
  );
}
