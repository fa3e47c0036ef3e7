import { counted, type Discovery } from "@chaos-agents/core";
import { tableKey } from "./choose-tables.ts";
import type { Database } from "./database.ts";
import type { ForeignKey, Setting, Table, TableSummary } from "./schema.ts";

/** Settings that say most about how a server stands up to trouble; all others can be asked for by name. */
const telling = [
  "max_connections",
  "shared_buffers",
  "work_mem",
  "statement_timeout",
  "lock_timeout",
  "idle_in_transaction_session_timeout",
  "deadlock_timeout",
  "synchronous_commit",
  "wal_level",
  "innodb_buffer_pool_size",
  "innodb_lock_wait_timeout",
  "lock_wait_timeout",
  "wait_timeout",
  "max_statement_time",
  "max_execution_time",
  "sync_binlog",
  "innodb_flush_log_at_trx_commit",
];

export async function discoverDatabase(database: Database, signal: AbortSignal): Promise<Discovery> {
  const { server } = database;
  const summaries = await database.tables(signal);
  const tables = await database.describe(summaries, signal);
  const activity = await database.activity(signal);
  const settings = await database.settings(telling, signal);
  const whole = tables.filter((table) => table.partOf === null);
  const bytes = whole.reduce((total, table) => total + (table.bytes ?? 0), 0);
  const seconds = activity.work.since === null ? 0 : (database.clock.now() - activity.work.since) / 1_000;
  const load = seconds > 0 ? Math.round((activity.work.count / seconds) * 10) / 10 : null;
  const role = server.readOnly ? ", takes no writes" : "";
  const unseen = unseenRows(summaries, tables);
  const locked = unseen.length > 0 ? ` (${unseen.length} locked)` : "";
  const summary = `${server.product} ${server.version}, ${counted(whole.length, "table")}${locked}, ${formatBytes(bytes)}${role}`;
  const facts: [string, string | number | null][] = [
    ["version", server.version],
    ["connected as", server.user],
    ["administrator", server.isAdmin ? "yes" : "no"],
    ["read only", server.readOnly ? "yes" : "no"],
    ["replicas", activity.replicas ?? "not visible to us"],
    ["sessions", `${activity.sessions} of ${activity.maxConnections} (${activity.reservedConnections} reserved)`],
    ["waiting for locks", activity.waitingForLocks],
    [`${activity.work.what} per second, on average`, load],
  ];
  return {
    summary,
    tables: [
      { title: "Server", columns: ["what", "value"], rows: facts },
      { title: "Sessions", columns: ["state", "sessions"], rows: activity.states.map((s) => [s.state, s.sessions]) },
      {
        title: "Tables",
        columns: [
          "table",
          "rows (estimate)",
          "size",
          "key",
          "columns",
          "indexes",
          "triggers",
          "points to",
          "pointed to by",
        ],
        rows: tables.toSorted((a, b) => (b.bytes ?? 0) - (a.bytes ?? 0)).map(tableRow),
      },
      ...(unseen.length > 0 ? [{ title: "Not seen", columns: ["table", "what", "why"], rows: unseen }] : []),
      {
        title: "Settings",
        columns: ["setting", "value", "takes effect", "who may change it", "from"],
        rows: settings.map((one) => [
          one.name,
          valueOf(one),
          one.takesEffect,
          one.adminOnly ? "administrators" : "anyone, for themselves",
          one.source,
        ]),
      },
    ],
  };
}

/** Listing tables and looking into them each miss something of their own. */
function unseenRows(summaries: readonly TableSummary[], tables: readonly Table[]): [string, string, string][] {
  const listed = new Map(summaries.map((table) => [tableKey(table), table.unseen]));
  return tables.flatMap((table) => {
    const both = [listed.get(tableKey(table)), table.unseen].filter((one) => !!one);
    const what = [...new Set(both.map((one) => one.what))].join(", ");
    return both.length > 0 ? [[tableKey(table), what, both.at(-1)!.why]] : [];
  });
}

function tableRow(table: Table): (string | number | null)[] {
  const list = (items: readonly string[]) => (items.length > 0 ? items.join(", ") : "");
  const out = (key: ForeignKey) => `${tableKey(key.references)}${key.onDelete === "CASCADE" ? " (cascade)" : ""}`;
  return [
    tableKey(table) + (table.partOf ? ` (part of ${tableKey(table.partOf)})` : ""),
    table.rows,
    table.bytes === null ? null : formatBytes(table.bytes),
    list(table.primaryKey.length > 0 ? table.primaryKey : (table.keys[0] ?? [])) || "none",
    table.columns.length,
    table.indexes.length,
    list(table.triggers.map((trigger) => trigger.name)),
    list(table.foreignKeys.map(out)),
    list([...new Set(table.referencedBy.map((key) => tableKey(key.table)))]),
  ];
}

const valueOf = ({ value, unit }: Setting): string | null =>
  value === null || unit === null ? value : `${value} × ${unit}`;

export function formatBytes(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let amount = bytes;
  let unit = 0;
  while (amount >= 1024 && unit < units.length - 1) {
    amount /= 1024;
    unit++;
  }
  return `${unit === 0 ? amount : amount.toFixed(1)} ${units[unit]}`;
}
