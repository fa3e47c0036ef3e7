import { counted, type Event, formatDuration, type Reversal, type UndoOutcome } from "@chaos-agents/core";
import { amount, answered, millis, quantity } from "../quantities.ts";
import type { LogLine, ProbeSeries, Tone } from "../report.ts";
import type { Folding } from "./folding.ts";

type Words = { word: string; subject: string; text: string; tone?: Tone; minor?: boolean };

/** An event in words, told after the state has taken it in. */
export function describeEvent(event: Event, folding: Folding): LogLine {
  return { t: folding.t, tone: "plain", minor: false, ...wordsOf(event, folding) };
}

const outcomeWords: Record<UndoOutcome, string> = {
  undone: "undone",
  already: "already as it was",
  conflict: "conflict, theirs was kept",
  failed: "NOT undone",
};

export const outcomeTones: Record<UndoOutcome, Tone> = {
  undone: "good",
  already: "good",
  conflict: "warn",
  failed: "bad",
};

/** `undone (exact)`: how an undo ended and what it is worth. */
export function outcomeText(outcome: UndoOutcome, worth: Reversal | null): string {
  const rated = worth !== null && (outcome === "undone" || outcome === "already");
  return rated ? `${outcomeWords[outcome]} (${worth})` : outcomeWords[outcome];
}

function wordsOf(event: Event, folding: Folding): Words {
  const skill = "fault" in event ? (folding.fault(event.fault).skill ?? `fault ${event.fault}`) : "";
  const on = "thing" in event && event.thing !== undefined ? `${skill} ${event.thing}` : skill;
  switch (event.type) {
    case "run-started":
      return {
        word: "run",
        subject: event.experiment,
        text: `run ${event.run}, for ${formatDuration(event.durationMs)}`,
      };
    case "phase-started":
      return { word: "phase", subject: event.phase, text: "" };
    case "target-discovered":
      return { word: "target", subject: event.target, text: `${event.label}: ${event.summary}` };
    case "planned": {
      const things = event.faults.reduce((sum, fault) => sum + fault.things.length, 0);
      const text = `${counted(event.faults.length, "fault")} on ${counted(things, "thing")}`;
      return { word: "plan", subject: "", text };
    }
    case "preflight-finished": {
      const errors = event.findings.filter((finding) => finding.level === "error").length;
      const warnings = event.findings.filter((finding) => finding.level === "warning").length;
      const text = `${counted(errors, "error")}, ${counted(warnings, "warning")}`;
      return { word: "check", subject: "preflight", text, tone: errors > 0 ? "bad" : warnings > 0 ? "warn" : "good" };
    }
    case "steady-state-checked": {
      const bad = event.answers.filter((answer) => !answer.ok);
      const text = event.held ? "held" : `did NOT hold: ${bad.map((a) => `${a.probe}: ${a.detail}`).join("; ")}`;
      return { word: "steady", subject: event.when, text, tone: event.held ? "good" : "bad" };
    }
    case "probe-answered":
      return probeWords(event, folding.probe(event.role, event.probe));
    case "sampled": {
      const values = Object.keys(event.values).map(
        (key) => `${key} ${quantity(event.values[key]!, unitOf(event, key))}`,
      );
      return { word: "sample", subject: event.source, text: values.join(", "), tone: "dim", minor: true };
    }
    case "fault-started":
      return { word: "fault", subject: skill, text: "injecting" };
    case "fault-progressed": {
      const text = `${amount(event.done)} of ${amount(event.total)} ${event.unit}`;
      return { word: "inject", subject: on, text, tone: "dim", minor: true };
    }
    case "fault-noted":
      return { word: "note", subject: on, text: event.message };
    case "undo-recorded":
      return { word: "record", subject: on, text: `undo ${event.undo}: ${event.label}`, tone: "dim", minor: true };
    case "fault-injected":
      return { word: "fault", subject: skill, text: "active", tone: "warn" };
    case "fault-witnessed": {
      const seen = event.seen === "effect" ? "effect seen" : "accepted";
      const text = `${event.landed ? seen : "did NOT land"}: ${event.detail}`;
      return { word: "seen", subject: on, text, tone: event.landed ? "good" : "bad" };
    }
    case "fault-failed":
      return { word: "failed", subject: on, text: withRemedy(event.message, event.remedy), tone: "bad" };
    case "fault-lost":
      return { word: "lost", subject: on, text: event.message, tone: "bad" };
    case "guard-tripped":
      return { word: "guard", subject: event.guard, text: `tripped: ${event.detail}`, tone: "bad" };
    case "stop-requested":
      return { word: "stop", subject: event.by, text: event.detail, tone: "warn" };
    case "hurried":
      return { word: "hurry", subject: "", text: event.detail, tone: "warn" };
    case "undo-started":
      return { word: "undo", subject: on, text: event.label, tone: "dim", minor: true };
    case "undo-finished": {
      const { worth } = folding.undo(event);
      const text = outcomeText(event.outcome, worth);
      // what was undone by us is said by the outcome; what others did, or came about by itself, is not
      const isPlain = event.outcome === "undone" && worth !== "recovers-by-itself";
      const why = isPlain || event.detail === "" ? "" : `: ${event.detail}`;
      return { word: "undo", subject: on, text: `${text}${why}`, tone: outcomeTones[event.outcome] };
    }
    case "fault-undone": {
      const text = outcomeText(event.outcome, event.reversal);
      return { word: "undo", subject: skill, text, tone: outcomeTones[event.outcome], minor: true };
    }
    case "verified": {
      const clean = event.residues.length === 0;
      const text = clean ? "nothing of it left" : `still there: ${event.residues.join("; ")}`;
      return { word: "verify", subject: on, text, tone: clean ? "good" : "bad", minor: clean };
    }
    case "recovered":
      return event.ms === null
        ? { word: "steady", subject: "after", text: "did not come back in time", tone: "bad" }
        : { word: "steady", subject: "after", text: `back ${millis(event.ms)} after the undo`, tone: "good" };
    case "recovery-started":
      return { word: "recover", subject: "", text: `started by ${event.by}`, tone: "warn" };
    case "run-finished": {
      const well = event.verdict === "passed" || event.verdict === "observed";
      return { word: "end", subject: event.verdict, text: event.reason, tone: well ? "good" : "bad" };
    }
  }
}

/** Every answer is told in full, but only a change of mind is news. */
function probeWords(event: Extract<Event, { type: "probe-answered" }>, series: ProbeSeries): Words {
  const before = series.points.at(-2);
  const news = before === undefined ? !event.ok : before.ok !== event.ok;
  const took = event.latencyMs === null ? "" : ` in ${millis(event.latencyMs)}`;
  const answer = event.value === null ? [] : [`${answered(event.value)}${took}`];
  const said = event.ok && answer.length > 0 ? answer : [...answer, event.detail];
  const text = `${event.ok ? "ok" : "outside tolerance"}: ${said.join("; ")}`;
  const tone = event.ok ? (news ? "good" : "dim") : event.role === "guard" ? "warn" : "bad";
  return { word: event.role === "guard" ? "guard" : "probe", subject: event.probe, text, tone, minor: !news };
}

const unitOf = (event: Extract<Event, { type: "sampled" }>, key: string) =>
  event.units && Object.hasOwn(event.units, key) ? event.units[key]! : null;

const withRemedy = (message: string, remedy: string | undefined) => (remedy ? `${message} → ${remedy}` : message);
