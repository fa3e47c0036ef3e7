import { z } from "zod";

/** A tolerance held against a probe's value: `< 200`, `>= 1`, `== ready`, `1..5`, `/^ok/`. */
export interface Expectation {
  readonly text: string;
  accepts(value: number | string | null): boolean;
}

const comparison = /^(<=|>=|==|!=|<|>)\s*(.+)$/;
const range = /^(-?\d+(?:\.\d+)?)\s*\.\.\s*(-?\d+(?:\.\d+)?)$/;
const pattern = /^\/(.*)\/([imsu]*)$/s;

function numeric(value: number | string): number {
  return typeof value === "number" ? value : value.trim() === "" ? Number.NaN : Number(value);
}

/** Reads a tolerance; a string with the reason when it is not one. A missing value is never within tolerance. */
export function parseExpectation(text: string): Expectation | string {
  const source = text.trim();
  const bounds = range.exec(source);
  if (bounds) {
    const [low, high] = [Number(bounds[1]), Number(bounds[2])];
    if (low > high) return `the range ${source} is empty: its lower bound is above its upper one`;
    return { text: source, accepts: (v) => v !== null && numeric(v) >= low && numeric(v) <= high };
  }
  const regex = pattern.exec(source);
  if (regex) {
    try {
      const compiled = new RegExp(regex[1]!, regex[2]);
      return { text: source, accepts: (v) => v !== null && compiled.test(String(v)) };
    } catch (error) {
      return `${source} is not a regular expression: ${(error as Error).message}`;
    }
  }
  const [, operator, operand] = comparison.exec(source) ?? [];
  if (operator === undefined || operand === undefined) {
    return `"${text}" is not a tolerance; write one like < 200, >= 1, == ready, 1..5 or /^ok/`;
  }
  const bound = numeric(operand);
  if (operator === "==" || operator === "!=") {
    const equal = (v: number | string) => (Number.isNaN(bound) ? String(v) === operand : numeric(v) === bound);
    return { text: source, accepts: (v) => v !== null && equal(v) === (operator === "==") };
  }
  if (Number.isNaN(bound)) return `${operator} needs a number, not "${operand}"`;
  const holds: Record<string, (v: number) => boolean> = {
    "<": (v) => v < bound,
    "<=": (v) => v <= bound,
    ">": (v) => v > bound,
    ">=": (v) => v >= bound,
  };
  return { text: source, accepts: (v) => v !== null && holds[operator]!(numeric(v)) };
}

/** A tolerance in a file, checked when the file is read; stays text, so that plans can be stored. */
export const expectationSchema = z
  .union([z.string(), z.number().transform((n) => `== ${n}`)])
  .superRefine((text, ctx) => {
    const parsed = parseExpectation(text);
    if (typeof parsed === "string") ctx.addIssue({ code: "custom", message: parsed });
  })
  .meta({ description: "What the value has to be: < 200, >= 1, == ready, 1..5 or /^ok/" });
