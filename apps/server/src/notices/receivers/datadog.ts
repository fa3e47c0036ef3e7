import type { Severity } from "../notice.ts";
import { cut, json, type Receiver } from "../receiver.ts";

const types: Record<Severity, string> = { info: "info", success: "success", warning: "warning", critical: "error" };
/** Older events are refused: 18 hours, less what the way there may take. */
const oldest = 17.5 * 3_600_000;

/** Datadog's events, API v1: it needs no more than an API key. Text holds 4,000 characters, an aggregation key 100. */
export function datadog({ url, key }: { url: string; key: string }): Receiver {
  return {
    name: "datadog",
    secrets: [key],
    wants: () => true,
    request({ kind, severity, at, title, text, link, run, experiment, fault, verdict, host }, now) {
      const tags = ["source:chaos-agents", `chaos_event:${kind}`, `experiment:${experiment}`];
      if (fault) tags.push(`skill:${fault.skill}`);
      if (verdict) tags.push(`verdict:${verdict}`);
      const late = now - at > oldest ? `This happened at ${new Date(at).toISOString()}.` : "";
      const body = {
        title: cut(title, 100),
        text: cut([late, link ?? "", text, `run ${run}`].filter((line) => line !== "").join("\n"), 4_000),
        date_happened: Math.floor(Math.max(at, now - oldest) / 1_000),
        alert_type: types[severity],
        priority: severity === "info" ? "low" : "normal",
        host,
        tags: tags.map((tag) => cut(tag, 200)),
        aggregation_key: cut(`chaos-${run}`, 100),
      };
      return { url: `${url}/api/v1/events`, headers: { ...json, "dd-api-key": key }, body: JSON.stringify(body) };
    },
  };
}
