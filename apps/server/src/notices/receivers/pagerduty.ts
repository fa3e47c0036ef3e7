import { cut, json, type Receiver } from "../receiver.ts";

/**
 * PagerDuty's Events API v2. Somebody is paged where a run left something that nobody is putting back; a recovery that ends
 * well resolves it. `dedup_key` is the run's, so the same news twice is one incident.
 */
export function pagerduty({ url, routingKey }: { url: string; routingKey: string }): Receiver {
  return {
    name: "pagerduty",
    secrets: [routingKey],
    wants: ({ severity, resolves }) => severity === "critical" || resolves,
    request({ at, title, text, link, run, experiment, file, host, verdict, left, leftCount, retry, resolves }) {
      const event = { routing_key: routingKey, dedup_key: cut(`chaos-agents/${run}`, 255) };
      const trigger = {
        ...event,
        event_action: "trigger",
        client: "Chaos Agents",
        ...(link !== null && { client_url: link, links: [{ href: link, text: "The run in the control room" }] }),
        payload: {
          summary: cut(title, 1_024),
          source: host,
          severity: verdict === "rollback-incomplete" ? "critical" : "error",
          timestamp: new Date(at).toISOString(),
          component: cut(experiment, 255),
          class: verdict ?? "cut-off",
          custom_details: {
            text: cut(text, 2_000),
            run,
            file,
            left: left.map(({ label, why }) => cut(`${label}: ${why}`, 500)),
            left_in_all: leftCount,
            retry,
          },
        },
      };
      const body = resolves ? { ...event, event_action: "resolve" } : trigger;
      return { url: `${url}/v2/enqueue`, headers: json, body: JSON.stringify(body) };
    },
  };
}
