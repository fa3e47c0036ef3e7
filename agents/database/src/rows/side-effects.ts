import type { Finding } from "@chaos-agents/core";
import { tableKey } from "../choose-tables.ts";
import type { Table } from "../schema.ts";

/** What else happens in the database when these tables are written to, one line each. */
export function sideEffects(tables: readonly Table[], event: "insert" | "update"): string[] {
  return tables.flatMap((table) => [
    ...table.triggers
      .filter((trigger) => trigger.enabled && trigger.events.includes(event))
      .map(({ kind, name, timing }) => `${kind} ${name} on ${tableKey(table)} runs ${timing} each ${event}`),
    ...(event === "update" ? cascades(table) : []),
  ]);
}

/** Foreign keys that carry a changed key on; the skills change no keys, so only a trigger could set them off. */
const cascades = (table: Table): string[] =>
  table.referencedBy
    .filter(({ onUpdate }) => onUpdate === "CASCADE" && table.triggers.some(({ enabled }) => enabled))
    .map(
      ({ name, table: other }) =>
        `foreign key ${name} of ${tableKey(other)} follows changed keys of ${tableKey(table)}`,
    );

/** An error for each side effect, or a warning once they are allowed. */
export function sideEffectFindings(tables: readonly Table[], event: "insert" | "update", allowed: boolean): Finding[] {
  return sideEffects(tables, event).map((effect) => ({
    level: allowed ? "warning" : "error",
    code: "side-effects",
    message: allowed ? `${effect}; what it does is not undone` : effect,
    ...(allowed ? {} : { remedy: "leave the table out, or set allow_side_effects: true and look after them yourself" }),
  }));
}
