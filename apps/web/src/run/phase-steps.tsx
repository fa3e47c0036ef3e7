import { type Phase, phases } from "@chaos-agents/core";
import { millis, type RunReport } from "@chaos-agents/report/browser";

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

const usual = phases.filter((phase) => phase !== "recover");
/** A recovery undoes what the run itself could not. */
const recovering: readonly Phase[] = usual.map((phase) => (phase === "undo" ? "recover" : phase));

/** Where in its life a run is. */
export function PhaseSteps({ report }: { report: Pick<RunReport, "phases" | "lastAt"> }) {
  const current = report.phases.at(-1);
  const now = report.phases.length === 0 || current?.endedAt !== null ? null : current.phase;
  const steps = report.phases.some(({ phase }) => phase === "recover") ? recovering : usual;
  return (
    <ol aria-label="Phases" className="grid grid-cols-8 gap-1">
      {steps.map((phase) => {
        const been = report.phases.filter((one) => one.phase === phase);
        const last = been.at(-1);
        const active = now === phase;
        const took = last ? millis((last.endedAt ?? report.lastAt) - last.startedAt) : null;
        return (
          <li key={phase} aria-current={active ? "step" : undefined} className="min-w-0">
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
      })}
    </ol>
  );
}

export const phaseName = (phase: Phase) => names[phase];
