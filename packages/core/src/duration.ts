import { z } from "zod";
import { formatDuration, unitMs } from "./format-duration.ts";

const part = /(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)/g;
const whole = /^\s*(?:\d+(?:\.\d+)?\s*(?:ms|s|m|h|d)\s*)+$/;

/** Milliseconds of a duration as people write it (`5m`, `1h 30m`, `500ms`), or undefined when it is not one. */
export function parseDuration(text: string): number | undefined {
  if (!whole.test(text)) return undefined;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(part)) total += Number(amount) * unitMs[unit!]!;
  return total;
}

/** Node timers that wait longer than 24.8 days fire at once. */
const longestMs = 24 * 86_400_000;

/** A duration in a file: text with units in, milliseconds out. */
export const durationSchema = z
  .string()
  .transform((text, ctx) => {
    const ms = parseDuration(text);
    if (ms !== undefined && ms <= longestMs) return ms;
    const problem =
      ms === undefined
        ? `"${text}" is not a duration; write it like 5m, 1h 30m or 500ms`
        : `${text} is too long; a duration is at most ${formatDuration(longestMs)}`;
    ctx.addIssue({ code: "custom", message: problem });
    return z.NEVER;
  })
  .meta({ format: "duration", description: "A duration such as 5m, 1h 30m or 500ms" });
