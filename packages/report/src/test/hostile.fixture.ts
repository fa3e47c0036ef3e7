import { type Event, eventSchema } from "@chaos-agents/core";

/** What names and messages may contain when somebody means harm, or merely has bad luck. */
export const hostile = [
  `<script>alert(1)</script>`,
  `]]><x/>-->`,
  `</style></title></textarea></svg>`,
  `" onload="alert(1)`,
  `' x='`,
  "`${1}",
  "\u001b[31m\u001b]0;owned\u0007\u0000\u009b2J\r",
  "\u202egnihton\u2066",
  "שלום مرحبا 日本語 👩‍👩‍👧",
  "\ud800",
  "&lt;b&gt;&amp;&#60;",
].join(" ");

export const hostileLong = `${hostile} ${"x".repeat(10_000)}`;

const ourWords = new Set(["type", "run", "phase", "verdict", "outcome", "reversal", "seen", "role", "level", "when"]);

/** The same run with something put behind every text in it, names of columns included. */
export function tainted(events: readonly Event[], poison: string): Event[] {
  const walk = (value: unknown, key: string): unknown => {
    if (typeof value === "string") return ourWords.has(key) ? value : value + poison;
    if (Array.isArray(value)) return value.map((item) => walk(item, key));
    if (typeof value !== "object" || value === null) return value;
    const named = key === "values" || key === "units";
    return Object.fromEntries(Object.entries(value).map(([k, v]) => [named ? k + poison : k, walk(v, k)]));
  };
  return events.map((event) => {
    const changed = walk(event, "") as Record<string, unknown>;
    return eventSchema.parse(event.type === "stop-requested" ? { ...changed, by: event.by } : changed);
  });
}
