import { html, type Markup } from "./markup.ts";

export interface Column<Row> {
  head: string;
  cell: (row: Row) => Markup | string;
  numeric?: boolean;
}

/** A table that turns into cards on a narrow screen; the roles keep it a table to a screen reader even then. */
export function table<Row>(
  caption: string,
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  most = Infinity,
): Markup {
  const shown = rows.slice(0, most);
  const more = rows.length - shown.length;
  return html`<div class="table">
      <table role="table">
        <caption>
          ${caption}
        </caption>
        <thead role="rowgroup">
          <tr role="row">
            ${columns.map(
              ({ head, numeric }) =>
                html`<th role="columnheader" scope="col" class="${numeric ? "number" : ""}">${head}</th>`,
            )}
          </tr>
        </thead>
        <tbody role="rowgroup">
          ${shown.map(
            (row) =>
              html`<tr role="row">
                ${columns.map(({ head, cell, numeric }, index) => {
                  const kind = `${index === 0 ? "first" : ""} ${numeric ? "number" : ""}`.trim();
                  return html`<td role="cell" class="${kind}" data-head="${head}"><div>${cell(row)}</div></td>`;
                })}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
    ${more > 0 && html`<p class="aside">${more.toLocaleString("en-US")} more are in the JSON report.</p>`}`;
}
