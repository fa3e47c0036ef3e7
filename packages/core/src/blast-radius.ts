import { z } from "zod";

/** How much an experiment may touch at most, or what one thing costs. Counts, but for `percent`: of what there is. */
export const blastUnits = [
  "tables",
  "rows",
  "connections",
  "settings",
  "indexes",
  "sessions",
  "files",
  "hosts",
  "services",
  "percent",
] as const;
export type BlastUnit = (typeof blastUnits)[number];
export type BlastCost = Partial<Record<BlastUnit, number>>;

export const blastRadiusSchema = z
  .strictObject(
    Object.fromEntries(blastUnits.map((unit) => [unit, z.number().nonnegative().optional()])) as Record<
      BlastUnit,
      z.ZodOptional<z.ZodNumber>
    >,
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
