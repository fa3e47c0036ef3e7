import { z } from "zod";

/** `90%` or 90. */
export const percentSchema = z.union([
  z.number().gt(0).max(100),
  z
    .string()
    .regex(/^\d+(\.\d+)?\s*%$/, "write a percentage like 90%")
    .transform((text) => Number.parseFloat(text))
    .refine((share) => share > 0 && share <= 100, "a percentage is above 0 and at most 100"),
]);
