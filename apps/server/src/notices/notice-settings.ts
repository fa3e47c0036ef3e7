import { ChaosError } from "@chaos-agents/core";
import { z } from "zod";

/** Who is told, and how to reach them. */
export interface NoticeSettings {
  /** Where people reach the control room, without a slash at its end. */
  publicUrl: string | null;
  webhook: { url: string; secret: string | null } | null;
  slack: { url: string } | null;
  grafana: { url: string; token: string } | null;
  datadog: { url: string; key: string } | null;
  pagerduty: { url: string; routingKey: string } | null;
}

const text = z.string().max(500, "must not be longer than 500 characters");
const address = text
  .refine((text) => ["http:", "https:"].includes(URL.parse(text)?.protocol ?? ""), "has to be an http or https URL")
  .refine((text) => !URL.parse(text)?.username && !URL.parse(text)?.password, "must not have a name or password in it");
/** The address of a whole site, to which paths are added. */
const base = address
  .refine((text) => !/[?#]/.test(text), "must have neither ? nor # in it")
  .transform((text) => text.replace(/\/+$/, ""));
/** What goes into a header. */
const key = text.regex(/^[\x21-\x7e]+$/, "must have neither spaces nor line breaks in it");

const schema = z.object({
  CHAOS_PUBLIC_URL: base.optional(),
  CHAOS_WEBHOOK_URL: address.optional(),
  CHAOS_WEBHOOK_SECRET: text.min(16, "has to be 16 characters or more").optional(),
  CHAOS_SLACK_WEBHOOK_URL: address.optional(),
  GRAFANA_URL: base.optional(),
  GRAFANA_TOKEN: key.optional(),
  DD_API_KEY: key.optional(),
  DD_SITE: z
    .string()
    .regex(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/, "has to be a site such as datadoghq.eu")
    .default("datadoghq.com"),
  PAGERDUTY_ROUTING_KEY: key.length(32, "has to be the 32 characters of an Events API v2 integration").optional(),
  PAGERDUTY_EVENTS_URL: base.default("https://events.pagerduty.com"),
});
type Variable = keyof typeof schema.shape;
export const noticeVariables = Object.keys(schema.shape) as Variable[];

/** Each of these means nothing without the other. */
const needs: Partial<Record<Variable, Variable>> = {
  CHAOS_WEBHOOK_SECRET: "CHAOS_WEBHOOK_URL",
  GRAFANA_URL: "GRAFANA_TOKEN",
  GRAFANA_TOKEN: "GRAFANA_URL",
};

/**
 * Who is to be told, from environment variables; an empty one counts as not set. Throws `usage` with every variable that
 * is wrong, and without any value: most are secrets.
 */
export function readNotices(env: Readonly<Record<string, string | undefined>>): NoticeSettings {
  const set = Object.fromEntries(noticeVariables.map((name) => [name, env[name] || undefined]));
  const read = schema.safeParse(set);
  const wrong = read.success ? [] : read.error.issues.map((issue) => `${issue.path.join(".")} ${issue.message}`);
  for (const [name, other] of Object.entries(needs)) if (set[name] && !set[other]) wrong.push(`${name} needs ${other}`);
  if (!read.success || wrong.length > 0) {
    throw new ChaosError("usage", `Notices cannot be sent as configured: ${wrong.join("; ")}`, {
      remedy: "Correct these environment variables, or unset them to send no notices there",
    });
  }
  const given = read.data;
  const { CHAOS_WEBHOOK_URL: webhook, CHAOS_SLACK_WEBHOOK_URL: slack, GRAFANA_URL: grafana } = given;
  const { DD_API_KEY: datadog, PAGERDUTY_ROUTING_KEY: pagerduty } = given;
  return {
    publicUrl: given.CHAOS_PUBLIC_URL ?? null,
    webhook: webhook === undefined ? null : { url: webhook, secret: given.CHAOS_WEBHOOK_SECRET ?? null },
    slack: slack === undefined ? null : { url: slack },
    grafana: grafana === undefined ? null : { url: grafana, token: given.GRAFANA_TOKEN! },
    datadog: datadog === undefined ? null : { url: `https://api.${given.DD_SITE}`, key: datadog },
    pagerduty: pagerduty === undefined ? null : { url: given.PAGERDUTY_EVENTS_URL, routingKey: pagerduty },
  };
}
