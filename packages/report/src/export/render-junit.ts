import { furtherReason, isIdentical } from "../fold/summarise.ts";
import { outcomeText } from "../fold/describe-event.ts";
import type { RunReport, SteadyStateCheck, UndoReport } from "../report.ts";
import { shownVerdict } from "../verdict.ts";
import { visible } from "../visible.ts";

interface TestCase {
  group: string;
  name: string;
  seconds: number | null;
  result?: { kind: "failure" | "error"; message: string; text: string } | { kind: "skipped"; message: string };
  output?: string[];
}

/**
 * The report as one JUnit test suite: a case for the verdict, for every fault (did it land), for every undo (is it put back)
 * and for every look at the steady state.
 */
export function renderJunit(report: RunReport): string {
  const cases = [
    verdictCase(report),
    ...report.faults.map(faultCase),
    ...undoCases(report),
    ...report.checks.map(checkCase),
  ];
  const count = (kind: string) => cases.filter(({ result }) => result?.kind === kind).length;
  const { header } = report;
  const ended =
    header.endedAt !== null && header.startedAt !== null ? header.endedAt - header.startedAt : report.lastAt;
  const began = new Date(header.startedAt ?? Number.NaN);
  const suite = attributes({
    name: `chaos ${header.experiment ?? ""}`.trim(),
    tests: cases.length,
    failures: count("failure"),
    errors: count("error"),
    skipped: count("skipped"),
    time: seconds(ended),
    timestamp: Number.isNaN(began.getTime()) ? "1970-01-01T00:00:00" : began.toISOString().slice(0, 19),
    hostname: "localhost",
  });
  const properties = Object.entries({
    run: report.run,
    verdict: report.verdict,
    hypothesis: header.hypothesis,
    owner: header.owner,
    ticket: header.ticket,
    tags: header.tags.join(", ") || null,
    seed: header.seed,
  }).flatMap(([name, value]) => (value === null ? [] : [`    <property${attributes({ name, value })}/>`]));
  return [
    `<?xml version="1.0" encoding="UTF-8"?>`,
    `<testsuites>`,
    `  <testsuite${suite}>`,
    `    <properties>`,
    ...properties.map((line) => `  ${line}`),
    `    </properties>`,
    ...cases.map(testCase),
    `  </testsuite>`,
    `</testsuites>`,
    ``,
  ].join("\n");
}

function verdictCase(report: RunReport): TestCase {
  const { verdict, summary, left, retry } = report;
  const about = { group: "verdict", name: "the run ends well", seconds: null };
  if (verdict === "passed" || verdict === "observed") return { ...about, output: [summary] };
  const lines = [
    furtherReason(report),
    ...left.map(({ thing, label, why }) => `${thing}, ${label}: ${why}`),
    retry && `To put back what is left: ${retry}`,
  ];
  const message = `${shownVerdict(verdict).title}: ${summary}`;
  return { ...about, result: { kind: verdict === null ? "error" : "failure", message, text: textOf(lines) } };
}

const textOf = (lines: readonly (string | null)[]) => lines.filter((line) => line !== null && line !== "").join("\n");

/** What a list of failures shows first: what it is, and the first thing said about it. */
const headed = (head: string, [first]: readonly (string | null | undefined)[]) => (first ? `${head}: ${first}` : head);

function faultCase(fault: RunReport["faults"][number]): TestCase {
  const { landing, startedAt, activeFrom, things, errors } = fault;
  const about = {
    group: "fault",
    name: `${fault.skill ?? "fault"} lands (${fault.fault})`,
    seconds: startedAt !== null && activeFrom !== null ? activeFrom - startedAt : null,
    output: things.flatMap(({ witness }) =>
      witness ? [`${witness.seen === "effect" ? "effect seen" : "accepted"}: ${witness.detail}`] : [],
    ),
  };
  if (landing === "landed") return about;
  if (landing === null) {
    return {
      ...about,
      result: { kind: "skipped", message: startedAt === null ? "never started" : "nobody could look" },
    };
  }
  const text = errors.map(({ message, remedy }) => (remedy ? `${message}\n${remedy}` : message)).join("\n");
  const message = landing === "lost" ? "it landed, then was lost" : "it did not land";
  const told = errors.map(({ message }) => message);
  return { ...about, result: { kind: "failure", message: headed(message, told), text } };
}

function undoCases({ undos, faults }: RunReport): TestCase[] {
  const skills = new Map(faults.map(({ fault, skill }) => [fault, skill]));
  return undos.map((undo) => undoCase(undo, skills.get(undo.fault) ?? "fault"));
}

function undoCase(undo: UndoReport, skill: string): TestCase {
  const { outcome, worth, detail, remains, residues, ms } = undo;
  const still = residues ?? [];
  const said = outcome === null ? "not undone" : isIdentical(undo) ? "identical" : outcomeText(outcome, worth);
  const about = {
    group: "undo",
    name: `${skill} ${undo.thing} is put back (${undo.undo})`,
    seconds: ms,
    output: [said, ...(detail === null ? [] : [detail]), ...remains.map((one) => `remains: ${one}`)],
  };
  if (outcome !== null && outcome !== "failed" && still.length === 0) return about;
  const told = [detail, ...still];
  return { ...about, result: { kind: "failure", message: headed(said, told), text: textOf(told) } };
}

const times = { before: "before the faults", during: "during the faults", after: "after the undo" } as const;

function checkCase({ when, held, answers, t }: SteadyStateCheck, index: number): TestCase {
  const say = (answer: (typeof answers)[number]) => `${answer.probe}: ${answer.detail}`;
  const about = {
    group: "steady state",
    name: `the steady state holds ${times[when]} (${index + 1})`,
    seconds: null,
    output: [`at ${seconds(t)} s`, ...answers.filter((answer) => answer.ok).map(say)],
  };
  if (held) return about;
  const told = answers.filter((answer) => !answer.ok).map(say);
  return { ...about, result: { kind: "failure", message: headed("it did not hold", told), text: textOf(told) } };
}

function testCase({ group, name, seconds: ms, result, output = [] }: TestCase): string {
  const open = `    <testcase${attributes({ classname: `chaos.${group}`, name, time: seconds(ms ?? 0) })}>`;
  const parts = [
    ...(result?.kind === "skipped" ? [`      <skipped${attributes({ message: result.message })}/>`] : []),
    ...(result && result.kind !== "skipped"
      ? [
          `      <${result.kind}${attributes({ message: result.message, type: group })}>${content(result.text)}</${result.kind}>`,
        ]
      : []),
    ...(output.length > 0 ? [`      <system-out>${content(output.join("\n"))}</system-out>`] : []),
  ];
  return [open, ...parts, `    </testcase>`].join("\n");
}

const seconds = (ms: number) => Math.max(0, ms / 1_000).toFixed(3);

function attributes(values: Record<string, string | number | null>): string {
  return Object.entries(values)
    .map(([name, value]) => ` ${name}="${xml(String(value))}"`)
    .join("");
}

const entities: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "\t": "&#9;",
  "\n": "&#10;",
};

/** Between tags a line may end. */
const content = (text: string) => text.split("\n").map(xml).join("\n");

/** XML 1.0 has no way to write most control characters: they show as U+FFFD. */
const xml = (text: string) => visible(text).replace(/[&<>"\t\n]/g, (character) => entities[character]!);
