import type { Phase } from "@chaos-agents/core";
import { millis, type RunReport } from "@chaos-agents/report/browser";

const order: readonly Phase[] = [
  "discover",
  "plan",
  "preflight",
  "steady-state",
  "inject",
  "observe",
  "undo",
  "verify",
];
const names: Record<Phase, string> = {
  discover: "Discover",
  plan: "Plan",
  preflight: "Preflight",
  "steady-state": "Steady state",
  inject: "Inject",
  observe: "Observe",
  undo: "Undo",
  verify: "Verify",
  recover: "Recover",
};
const tint = (phase: Phase) =>
  phase === "inject" || phase === "observe"
    ? "bg-bite"
    : phase === "undo" || phase === "verify" || phase === "recover"
      ? "bg-undo"
      : "bg-soft";

/** Where in its life a run is. */
export function PhaseSteps({ report }: { report: Pick<RunReport, "phases" | "lastAt"> }) {
  const current = report.phases.at(-1);
  const now = report.phases.length === 0 || current?.endedAt !== null ? null : current.phase;
  const recovering = report.phases.some(({ phase }) => phase === "recover");
  return (
    <ol aria-label="Phases" className="grid grid-cols-8 gap-1">
      {(recovering ? [...order.slice(0, -2), "recover" as const, "verify" as const] : order).map(
        (phase, index, all) => {
          const been = report.phases.filter((one) => one.phase === phase);
          const last = been.at(-1);
          const active = now === phase;
          const took = last ? millis((last.endedAt ?? report.lastAt) - last.startedAt) : null;
          return (
            <li
              key={phase}
              aria-current={active ? "step" : undefined}
              className={`min-w-0 ${all.length > 8 && index === 0 ? "hidden" : ""}`}
            >
              <div
                className={`h-1.5 rounded-full ${last ? tint(phase) : "bg-line"} ${active ? "breathing" : ""} ${last && !active ? "opacity-55" : ""}`}
              />
              <p
                className={`mt-1 text-xs whitespace-nowrap ${active ? "font-semibold text-ink" : "truncate text-soft max-md:sr-only"}`}
              >
                {names[phase]}
                {took && <span className="hidden font-normal text-soft 2xl:inline"> {took}</span>}
              </p>
            </li>
          );
        },
      )}
    </ol>
  );
}

export const phaseName = (phase: Phase) => names[phase];
