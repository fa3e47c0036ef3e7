import { describeTable } from "../describe-table.ts";
import type { Server } from "../dialect.ts";
import type { Index, Table } from "../schema.ts";
import type { IndexDropping, IndexName } from "../skills/index-drop.ts";
import { lockAttemptMs, withLockPatience } from "../lock-patience.ts";
import { mysqlValues, quote } from "./values.ts";

/** Only hidden, so nothing has to be made again. */
export const mysqlIndexDrop: IndexDropping = {
  verb: "hide",
  refusals: async () => refusal,

  async findings({ server }) {
    if (server.number >= (server.product === "MariaDB" ? 100_600 : 80_000)) return [];
    const message = `${server.product} ${server.version} cannot hide indexes; MariaDB can since 10.6, MySQL since 8.0`;
    return [{ level: "error", code: "unsupported", message }];
  },

  async remember(database, name, signal) {
    const table = await describeTable(database, name, signal);
    return table?.indexes.some((index) => index.name === name.index) ? { ...name, again: null } : undefined;
  },

  async remove(database, session, name, signal) {
    await session.query(statement(database.server, name, "hidden"), [], { signal });
  },

  async state(database, { schema, table, index }, signal) {
    const described = await describeTable(database, { schema, table }, signal);
    if (!described) return "no-table";
    const found = described.indexes.find(({ name }) => name === index);
    if (!found) return "no-table";
    return found.visible ? "there" : "gone";
  },

  async restore(database, record, state, mark, signal) {
    if (state !== "gone") return false;
    await using session = await database.session(mark, { lockTimeout: lockAttemptMs, signal });
    const show = () => session.query(statement(database.server, record, "shown"), [], { signal });
    await withLockPatience(database, show, { what: record.table, clock: database.clock, signal });
    return true;
  },
};

function statement(server: Server, { schema, table, index }: IndexName, wanted: "hidden" | "shown"): string {
  const words =
    server.product === "MariaDB"
      ? { hidden: "IGNORED", shown: "NOT IGNORED" }
      : { hidden: "INVISIBLE", shown: "VISIBLE" };
  return `ALTER TABLE ${mysqlValues.table({ schema, name: table })} ALTER INDEX ${quote(index)} ${words[wanted]}`;
}

function refusal(table: Table, index: Index): string | undefined {
  if (table.storage !== "InnoDB") return `the engine ${table.storage} changes tables in ways that a kill can break`;
  if (index.method === "fulltext") return "full-text searches would fail without it rather than slow down";
  const carried = table.referencedBy.find(({ referencedColumns }) =>
    referencedColumns.every((column, position) => index.columns[position] === column),
  );
  return carried && `the foreign key ${carried.name} of ${carried.table.name} points at it`;
}
