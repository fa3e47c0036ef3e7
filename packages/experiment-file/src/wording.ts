import { redactor } from "@chaos-agents/core";
import type { z } from "zod";
import { type Located, secretsIn } from "./located.ts";
import { suggestion } from "./nearest.ts";
import { type Path, subject } from "./problems.ts";

export interface Words {
  message: string;
  hint?: string | undefined;
}

type Issue = z.core.$ZodIssue;

/** Stands for "no message of the schema's own". */
export const unsaid = "\u0000";

const kinds: Record<string, string> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  tuple: "a list",
  object: "a mapping",
  record: "a mapping",
  null: "nothing",
};

export function kindOf(node: Located): string {
  if (node.kind !== "scalar") return node.kind === "list" ? "a list" : "a mapping";
  if (node.value === null) return "nothing";
  return typeof node.value === "boolean" ? String(node.value) : kinds[typeof node.value]!;
}

export function either(options: readonly string[]): string {
  const words = options.flatMap((option) => (option === kinds["boolean"] ? ["true", "false"] : [option]));
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}

/** Our words for one issue of a schema. `node` is what stands at the path; undefined when nothing does. */
export function words(issue: Issue, path: Path, node: Located | undefined, isDuration: boolean): Words {
  const name = subject(path);
  if (issue.message !== unsaid && node) return { message: redactor(secretsIn(node))(issue.message) };
  if (!node) return { message: `${name} is missing` };
  switch (issue.code) {
    case "invalid_type":
      return wrongType(name, isDuration ? ["a duration such as 5m, 1h 30m or 500ms"] : [expected(issue)], node);
    case "invalid_value":
      return wrongWord(name, issue.values.map(String), node);
    case "invalid_union":
      if (issue.errors.length === 0) return wrongWord(name, "options" in issue ? issue.options!.map(String) : [], node);
      return wrongType(name, [...new Set(issue.errors.flat().map(expected))], node);
    case "too_small":
      return { message: `${name} ${size(issue.origin, issue.minimum, issue.inclusive ? "at least" : "more than")}` };
    case "too_big":
      return { message: `${name} ${size(issue.origin, issue.maximum, issue.inclusive ? "at most" : "less than")}` };
    case "not_multiple_of":
      return { message: `${name} must be a multiple of ${issue.divisor}` };
    case "invalid_format":
      return format(name, issue);
    default:
      return { message: `${name} is not right` };
  }
}

const expected = (issue: Issue): string => {
  if (issue.code === "invalid_type") return kinds[issue.expected] ?? issue.expected;
  return issue.code === "invalid_value" ? either(issue.values.map(String)) : "something else";
};

function wrongType(name: string, wanted: readonly string[], node: Located): Words {
  const want = either(wanted);
  if (node.kind === "scalar" && node.value === null) {
    return { message: `${name} has no value`, hint: `write ${want}, or remove the key` };
  }
  const is = wanted.includes("a whole number") && kindOf(node) === "a number" ? "a fraction" : kindOf(node);
  return { message: `${name} must be ${want}, not ${is}`, hint: typeHint(wanted, node) };
}

function typeHint(wanted: readonly string[], node: Located): string | undefined {
  if (node.kind !== "scalar") return undefined;
  if (node.text && node.text.source !== node.text.value) return "this is so once its variables are filled in";
  const text = typeof node.value === "string" ? node.value : undefined;
  if (text === undefined) return wanted.includes("text") ? "put it in quotes" : undefined;
  if (wanted.some((kind) => kind.endsWith("number")) && /^[-+]?[\d.]+$/.test(text)) return "remove the quotes";
  if (wanted.includes("true or false") && /^(?:yes|no|on|off|y|n)$/i.test(text)) return "write true or false";
  if (wanted.includes("a mapping")) return "write key: value, one on each line";
  return wanted.includes("a list") ? "write it as a list: - item, one on each line" : undefined;
}

function wrongWord(name: string, known: readonly string[], node: Located): Words {
  const message = `${name} must be ${either(known)}`;
  if (node.kind !== "scalar" || typeof node.value !== "string") return { message: `${message}, not ${kindOf(node)}` };
  return { message, hint: known.length > 1 ? nearestOf(node.value, known) : undefined };
}

const nearestOf = (word: string, known: readonly string[]): string | undefined => {
  const hint = suggestion(word, known, "it can be");
  return hint.startsWith("did") ? hint : undefined;
};

function size(origin: string, bound: number | bigint, how: string): string {
  const one = Number(bound) === 1;
  if (origin === "string")
    return one && how === "at least" ? "must not be empty" : `must have ${how} ${bound} characters`;
  if (origin === "array" || origin === "set") return `must have ${how} ${bound} ${one ? "item" : "items"}`;
  if (origin === "object" || origin === "map") return `must have ${how} ${bound} ${one ? "key" : "keys"}`;
  return `must be ${how} ${bound}`;
}

function format(name: string, issue: Extract<Issue, { code: "invalid_format" }>): Words {
  if (issue.format === "url") {
    return { message: `${name} is not a URL`, hint: "write it in full, such as http://localhost:8080/health" };
  }
  const form = issue.format === "regex" ? `of the form ${issue.pattern}` : `a valid ${issue.format}`;
  return { message: `${name} is not ${form}` };
}
