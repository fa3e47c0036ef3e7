import type { EventHandlers } from "./folding.ts";

type MeasureEvents = "steady-state-checked" | "probe-answered" | "sampled" | "guard-tripped";

export const measureHandlers: Pick<EventHandlers, MeasureEvents> = {
  "steady-state-checked"(folding, { when, held, answers }) {
    folding.state.checks.push({ t: folding.t, when, held, answers: answers.map((answer) => ({ ...answer })) });
  },
  "probe-answered"(folding, { role, probe, value, latencyMs, ok, detail }) {
    const series = folding.probe(role, probe);
    series.points.push({ t: folding.t, value, latencyMs, ok });
    series.detail = detail;
  },
  sampled(folding, { source, values, units }) {
    folding.sample(source, values, units ?? {});
  },
  "guard-tripped"(folding, { guard, detail }) {
    folding.state.trips.push({ t: folding.t, guard, detail });
  },
};
