import { z } from "zod";

/** How much an experiment may touch at most, or what one thing costs. Counts, but for `percent`: of what there is. */
const units = {
  tables: "How many tables at most",
  rows: "How many rows at most, inserted, changed or locked, of all tables together",
  connections: "How many connections at most may be opened",
  settings: "How many settings at most may be changed",
  indexes: "How many indexes at most may be taken away",
  sessions: "How many sessions of others at most may be ended",
  files: "How many files at most",
  hosts: "How many machines at most",
  pods: "How many pods at most may be ended",
  nodes: "How many nodes at most",
  services: "How many services at most may be stopped or slowed down",
  percent: "How much at most of what there is, such as of all connections; the highest share of any fault counts",
};
export type BlastUnit = keyof typeof units;
export const blastUnits = Object.keys(units) as BlastUnit[];
export type BlastCost = Partial<Record<BlastUnit, number>>;

export const blastRadiusSchema = z
  .strictObject(
    Object.fromEntries(
      blastUnits.map((unit) => [unit, z.number().nonnegative().optional().meta({ description: units[unit] })]),
    ) as Record<BlastUnit, z.ZodOptional<z.ZodNumber>>,
  )
  .meta({ description: "The most this experiment may touch; a plan that asks for more is refused before it starts" });

/** The costs of many things together: counts add up, of percentages the highest stands. */
export function totalCost(costs: readonly BlastCost[]): BlastCost {
  const total: BlastCost = {};
  for (const cost of costs) {
    for (const unit of blastUnits) {
      const amount = cost[unit];
      if (amount === undefined) continue;
      total[unit] = unit === "percent" ? Math.max(total[unit] ?? 0, amount) : (total[unit] ?? 0) + amount;
    }
  }
  return total;
}
