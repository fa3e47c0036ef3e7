import type { BulkRows, FoundRow } from "../rows/bulk-rows.ts";
import { inGroups, keyCondition, keysAtOnce } from "../rows/key-condition.ts";
import type { Dialect } from "../dialect.ts";
import { digestExpression } from "./row-digest.ts";

/** MySQL binds one value at a time, so rows go in groups. */
export const mysqlBulkRows = (dialect: Dialect): BulkRows => ({
  async read(session, { table, key, columns }, keys, { lock, signal }) {
    const list = [...[...key, ...columns].map((column) => dialect.read(column)), digestExpression(dialect, table)].join(
      ", ",
    );
    const found: FoundRow[] = [];
    for (const group of inGroups(keys, keysAtOnce)) {
      const { sql, values } = keyCondition(dialect, key, group);
      const statement = `SELECT ${list} FROM ${dialect.table(table)} WHERE ${sql}${lock ? " FOR UPDATE" : ""}`;
      for (const row of await session.rows(statement, values, { signal })) {
        found.push({
          key: row.slice(0, key.length) as string[],
          values: row.slice(key.length, -1),
          digest: row.at(-1)!,
        });
      }
    }
    return found;
  },

  async write(session, { table, key, columns }, rows, signal) {
    let written = 0;
    const width = key.length + columns.length;
    const on = key.map((column, i) => dialect.matches(column, `v.c${i}`, "t")).join(" AND ");
    const sets = columns.map(
      (column, i) => `t.${dialect.quote(column.name)} = ${dialect.write(column, `v.c${key.length + i}`)}`,
    );
    const first = `SELECT ${Array.from({ length: width }, (_, i) => `? AS c${i}`).join(", ")}`;
    const next = ` UNION ALL SELECT ${Array.from({ length: width }, () => "?").join(", ")}`;
    for (const group of inGroups(rows, keysAtOnce)) {
      const values = `(${first}${next.repeat(group.length - 1)})`;
      const statement = `UPDATE ${dialect.table(table)} t JOIN ${values} v ON ${on} SET ${sets.join(", ")}`;
      const bound = group.flatMap((row) => [...row.key, ...row.values]);
      written += await session.execute(statement, bound, { signal });
    }
    return written;
  },
});
