import { z } from "zod";
import { imageRecipeSchema, standardRecipe } from "./image/recipe.ts";

export const microvmSpecSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/)
    .optional()
    .meta({ description: "Its hostname; its id when left out" }),
  image: imageRecipeSchema
    .default(standardRecipe)
    .meta({ description: "What it runs; built when it is not there yet" }),
  start: z
    .enum(["clone", "boot"])
    .default("clone")
    .meta({ description: "clone: wakes as a copy of a machine that has booted before; boot: boots" }),
  network: z
    .enum(["user", "tap"])
    .default("user")
    .meta({ description: "user: only SSH from here leads in, no root needed; tap: an address of its own, takes root" }),
  isolated: z
    .boolean()
    .default(false)
    .meta({ description: "In a network namespace shared by its tag's machines, which nothing leaves; takes root" }),
  memory_mb: z.int().min(256).max(16_384).default(512).meta({ description: "Its memory in MB" }),
  ready_seconds: z.int().min(1).max(3_600).default(180).meta({ description: "How long it may take until it answers" }),
});

/** A machine to make. */
export type MicrovmSpec = z.input<typeof microvmSpecSchema>;
export type MicrovmSettings = z.output<typeof microvmSpecSchema>;
