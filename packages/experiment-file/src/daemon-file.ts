import { Cron } from "croner";
import { z } from "zod";

export const daemonSettingsSchema = z.strictObject({
  max_concurrent: z.int().min(1).max(100).default(1).meta({ description: "How many experiments may run at once" }),
});

const scheduleSchema = z
  .string()
  .superRefine((text, ctx) => {
    const problem = whyNotDue(text);
    if (problem !== undefined) ctx.addIssue({ code: "custom", message: `this schedule cannot be used: ${problem}` });
  })
  .meta({ description: "Cron with seconds first: second minute hour day month weekday" });

export const jobSchema = z.strictObject({
  experiment: z.unknown().meta({ description: "What to run" }),
  schedule: scheduleSchema,
  enabled: z.boolean().default(true).meta({ description: "false keeps it in the file without running it" }),
});

/** A file for `chaos daemon`. */
export const daemonFileSchema = z.strictObject({
  settings: daemonSettingsSchema.default({ max_concurrent: 1 }).meta({ description: "For all of the file" }),
  experiments: z.array(z.unknown()).min(1).meta({ description: "What runs, and when it is due" }),
});

/** When one experiment of a daemon's file is due. */
export interface Job {
  /** The experiment's name. */
  name: string;
  schedule: string;
  enabled: boolean;
}

function whyNotDue(schedule: string): string | undefined {
  if (schedule.trim().split(/\s+/).length !== 6) {
    return "it needs six parts, seconds first, such as 0 0 2 * * * for two at night";
  }
  try {
    return new Cron(schedule, { mode: "6-part", paused: true }).nextRun() ? undefined : "it never comes due";
  } catch (error) {
    return (error as Error).message.replace(/^CronPattern: /, "");
  }
}
