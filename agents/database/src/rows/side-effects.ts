import type { Finding } from "@chaos-agents/core";
import { tableKey } from "../choose-tables.ts";
import type { Table } from "../schema.ts";

type Event = "insert" | "update" | "delete";

/** Whether a rule does something else when these are sent. */
export const isReplaced = ({ triggers }: Table, event: Event): boolean =>
  triggers.some(
    ({ kind, timing, enabled, events }) =>
      kind === "rule" && enabled && timing.startsWith("instead") && events.includes(event),
  );

/** What else happens in the database when these tables are written to, and put back, one line each. */
export function sideEffects(tables: readonly Table[], events: readonly Event[]): string[] {
  return tables.flatMap((table) => {
    const active = table.triggers.filter((one) => one.enabled && events.some((event) => one.events.includes(event)));
    const effects = active.map(({ kind, name, timing, events: its }) => {
      const when = events.filter((event) => its.includes(event)).join(" and ");
      return `${kind} ${name} on ${tableKey(table)} runs ${timing} each ${when}`;
    });
    return active.length > 0 && events.includes("update") ? [...effects, ...cascades(table)] : effects;
  });
}

/** Foreign keys that carry a changed key on; the skills change no keys, so only a trigger could set them off. */
const cascades = (table: Table): string[] =>
  table.referencedBy
    .filter(({ onUpdate }) => onUpdate === "CASCADE")
    .map(
      ({ name, table: other }) =>
        `foreign key ${name} of ${tableKey(other)} follows changed keys of ${tableKey(table)}`,
    );

/** An error for each side effect, or a warning once they are allowed. */
export function sideEffectFindings(tables: readonly Table[], events: readonly Event[], allowed: boolean): Finding[] {
  return sideEffects(tables, events).map((effect) => ({
    level: allowed ? "warning" : "error",
    code: "side-effects",
    message: allowed ? `${effect}; what it does is not undone` : effect,
    ...(allowed ? {} : { remedy: "leave the table out, or set allow_side_effects: true and look after them yourself" }),
  }));
}
