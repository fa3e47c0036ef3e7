import { amount, millis, quantity } from "./quantities.ts";
import type { RunReport, Tone } from "./report.ts";

export interface KeyFigure {
  label: string;
  value: string;
  about: string;
  tone: Tone;
}

/** The numbers people ask for first, in words; what was not measured is left out. */
export function keyFigures(report: RunReport): KeyFigure[] {
  const figures = [landed(report), undone(report), recovery(report), worstP95(report), errors(report)];
  return figures.filter((figure) => figure !== null);
}

function landed({ figures: { faults }, faults: all }: RunReport): KeyFigure | null {
  if (faults.planned === 0) return null;
  const seen = all
    .filter((fault) => fault.landing === "landed")
    .map((fault) => fault.things.every((thing) => thing.witness?.seen === "effect"));
  const effect = seen.filter(Boolean).length;
  const accepted = seen.length - effect;
  const parts = [
    ...(effect > 0 ? [effect === all.length ? "every effect seen" : `effect of ${effect} seen`] : []),
    ...(accepted > 0 ? [`${accepted} accepted`] : []),
    ...(faults.notLanded > 0 ? [`${faults.notLanded} did not land`] : []),
    ...(faults.lost > 0 ? [`${faults.lost} lost`] : []),
    ...(faults.unknown > 0 ? [`${faults.unknown} not looked at in time`] : []),
    ...(faults.neverStarted > 0 ? [`${faults.neverStarted} never started`] : []),
  ];
  const tone = faults.notLanded + faults.lost > 0 ? "bad" : "plain";
  return { label: "Faults landed", value: `${faults.landed} of ${faults.planned}`, about: parts.join(", "), tone };
}

function undone({ figures: { undos } }: RunReport): KeyFigure | null {
  if (undos.total === 0) return null;
  const well = undos.exact + undos.compensated + undos.recoversByItself + undos.unrated;
  const parts = [
    ...(undos.exact > 0 ? [`${undos.exact} exact`] : []),
    ...(undos.compensated > 0 ? [`${undos.compensated} compensated`] : []),
    ...(undos.recoversByItself > 0 ? [`${undos.recoversByItself} by itself`] : []),
    ...(undos.conflict > 0 ? [`${undos.conflict} conflict`] : []),
    ...(undos.failed > 0 ? [`${undos.failed} failed`] : []),
    ...(undos.pending > 0 ? [`${undos.pending} not undone`] : []),
  ];
  const tone = undos.failed + undos.pending > 0 ? "bad" : undos.conflict > 0 ? "warn" : "good";
  return { label: "Changes undone", value: `${well} of ${undos.total}`, about: parts.join(", "), tone };
}

function recovery({ recovery }: RunReport): KeyFigure | null {
  if (recovery === null) return null;
  return recovery.ms === null
    ? { label: "Steady again", value: "no", about: "not before its deadline", tone: "bad" }
    : {
        label: "Steady again after",
        value: millis(recovery.ms),
        about: "counted from the end of the undo",
        tone: "good",
      };
}

function worstP95({ figures: { worstP95 } }: RunReport): KeyFigure | null {
  if (worstP95 === null) return null;
  const { of, before, during } = worstP95;
  if (during === null) return { label: "Worst p95", value: millis(before), about: of, tone: "plain" };
  const about = before === null ? of : `${of}; ${millis(before)} before the faults`;
  return { label: "Worst p95 during faults", value: millis(during), about, tone: "plain" };
}

function errors({ figures: { errors } }: RunReport): KeyFigure | null {
  if (errors === null) return null;
  const { unit, rate, before, during } = errors;
  const of = errors.of.replace(/ errors?$/i, "");
  const label = rate ? "Most errors" : "Errors";
  const shown = (value: number | null) => (rate ? quantity(value, unit) : amount(value));
  if (during === null) return { label, value: shown(before), about: of, tone: "plain" };
  const about = before === null ? of : `${of}; ${amount(before)} before the faults`;
  return { label: `${label} during faults`, value: shown(during), about, tone: "plain" };
}
