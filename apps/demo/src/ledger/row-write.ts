import { escapeIdentifier } from "pg";

/** Values as the client sent them: times and JSON as text, so that sending them again gives the same bytes. */
export type Row = Record<string, string | number | null>;

/** One row written. `change` adds rather than sets where two customers may write the same number. */
export type RowWrite =
  | { kind: "insert"; table: string; row: Row }
  | { kind: "put"; table: string; key: Row; row: Row }
  | { kind: "change"; table: string; key: Row; set: Row; add?: Record<string, number> }
  | { kind: "delete"; table: string; key: Row };

export interface Statement {
  text: string;
  values: (string | number | null)[];
}

/** The one way a write becomes SQL: when a customer makes it, and when it is replayed. */
export function statementFor(write: RowWrite): Statement {
  const values: Statement["values"] = [];
  const bind = (value: string | number | null) => `$${values.push(value)}`;
  const assign = (row: Row) =>
    Object.entries(row).map(([column, value]) => `${escapeIdentifier(column)} = ${bind(value)}`);
  const table = escapeIdentifier(write.table);
  const insert = (row: Row) => {
    const columns = Object.keys(row).map(escapeIdentifier).join(", ");
    return `INSERT INTO ${table} (${columns}) OVERRIDING SYSTEM VALUE VALUES (${Object.values(row).map(bind).join(", ")})`;
  };
  switch (write.kind) {
    case "insert":
      return { text: insert(write.row), values };
    case "put": {
      const key = Object.keys(write.key).map(escapeIdentifier).join(", ");
      const taken = Object.keys(write.row).map(
        (column) => `${escapeIdentifier(column)} = EXCLUDED.${escapeIdentifier(column)}`,
      );
      return {
        text: `${insert({ ...write.key, ...write.row })} ON CONFLICT (${key}) DO UPDATE SET ${taken.join(", ")}`,
        values,
      };
    }
    case "change": {
      const changes = assign(write.set);
      for (const [column, amount] of Object.entries(write.add ?? {})) {
        changes.push(`${escapeIdentifier(column)} = ${escapeIdentifier(column)} + ${bind(amount)}`);
      }
      return { text: `UPDATE ${table} SET ${changes.join(", ")} WHERE ${assign(write.key).join(" AND ")}`, values };
    }
    case "delete":
      return { text: `DELETE FROM ${table} WHERE ${assign(write.key).join(" AND ")}`, values };
  }
}
