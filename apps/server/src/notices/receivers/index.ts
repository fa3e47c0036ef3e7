import type { NoticeSettings } from "../notice-settings.ts";
import type { Receiver } from "../receiver.ts";
import { datadog } from "./datadog.ts";
import { grafana } from "./grafana.ts";
import { pagerduty } from "./pagerduty.ts";
import { slack } from "./slack.ts";
import { webhook } from "./webhook.ts";

/** Everybody who is configured. */
export function receiversOf(settings: NoticeSettings): Receiver[] {
  const all = [
    settings.webhook && webhook(settings.webhook),
    settings.slack && slack(settings.slack),
    settings.grafana && grafana(settings.grafana),
    settings.datadog && datadog(settings.datadog),
    settings.pagerduty && pagerduty(settings.pagerduty),
  ];
  return all.filter((receiver) => receiver !== null);
}
