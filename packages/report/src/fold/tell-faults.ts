import { counted } from "@chaos-agents/core";
import { amount } from "../quantities.ts";
import type { RunReport } from "../report.ts";

type Fault = RunReport["faults"][number];

/** How many landed. */
export function landed({ figures: { faults } }: RunReport): string {
  if (faults.planned === 0) return "There was nothing to break";
  if (faults.landed < faults.planned) return `${faults.landed} of ${counted(faults.planned, "fault")} landed`;
  return `${faults.planned === 1 ? "The fault" : `${all(faults.planned)} faults`} landed`;
}

export const all = (count: number) => (count === 2 ? "Both" : `All ${amount(count)}`);

/** Of a run that did not come to its end: how many landed, and what is known of each of the others. Empty when none had begun. */
export function everyFault(report: RunReport): string {
  if (report.faults.every((fault) => fault.startedAt === null)) return "";
  const words = new Map<string, Fault[]>();
  const recorded = new Set(report.undos.map(({ fault }) => fault));
  for (const fault of report.faults) {
    const word = known(fault, recorded.has(fault.fault));
    if (word !== null) words.set(word, [...(words.get(word) ?? []), fault]);
  }
  return `${[landed(report), ...[...words].map(([word, faults]) => `${namesOf(faults)} ${said(word, faults.length)}`)].join("; ")}. `;
}

function known({ landing, startedAt, activeFrom, reversal }: Fault, isRecorded: boolean): string | null {
  if (landing === "landed") return null;
  if (landing === "not-landed") return "did not land";
  if (landing === "lost") return "did not last";
  if (startedAt === null) return "had not begun";
  // an undo is recorded before the change it is for
  if (activeFrom === null && !isRecorded && reversal !== "recovers-by-itself")
    return "# stopped before @ changed anything";
  return activeFrom === null
    ? "# still being made, nobody knows whether @ landed"
    : "# made, nobody looked whether @ landed";
}

const said = (word: string, count: number) =>
  word.replace("#", count === 1 ? "was" : "were").replace("@", count === 1 ? "it" : "they");

function namesOf(faults: readonly Fault[]): string {
  const bySkill = Map.groupBy(faults, ({ skill, fault }) => skill ?? fault);
  const names = [...bySkill].map(([skill, same]) => (same.length === 1 ? skill : `${skill} (${same.length} times)`));
  return names.length === 1 ? names[0]! : `${names.slice(0, -1).join(", ")} and ${names.at(-1)!}`;
}
