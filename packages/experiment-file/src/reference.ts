import { isSecretKey } from "@chaos-agents/core";

export type Environment = Readonly<Record<string, string | undefined>>;

/** A text with its `${VAR}` filled in. */
export interface Expanded {
  value: string;
  /** As written, but with every default decided, so that the same text means the same later: see `decided`. */
  source: string;
  /** The text is one reference and nothing else, so it may stand for a number. */
  lone: boolean;
  /** Variables without a value, and where in the text. */
  missing: { name: string; offset: number }[];
  mistakes: { message: string; hint: string; offset: number }[];
  /** What came from variables with a secret's name. */
  secrets: string[];
  /** One of those is the default in the text itself, so the text is a secret. */
  secretDefault: boolean;
}

const opening = /\$\$\{|\$\{/g;
const written = /^([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/s;
const decided = /^:-(.*)$/s;

/**
 * Fills in `${VAR}` and `${VAR:-default}`; `$${` is a literal `${`. In text from a journal, `${:-default}` stands for a
 * reference whose default was used: a variable that is set only later must not change what an undo connects to.
 */
export function expand(text: string, env: Environment, options: { journal?: boolean } = {}): Expanded {
  const result: Expanded = {
    value: "",
    source: "",
    lone: false,
    missing: [],
    mistakes: [],
    secrets: [],
    secretDefault: false,
  };
  const put = (value: string, source: string) => {
    result.value += value;
    result.source += source;
  };
  let at = 0;
  for (;;) {
    opening.lastIndex = at;
    const found = opening.exec(text);
    if (!found) break;
    const { index } = found;
    put(text.slice(at, index), text.slice(at, index));
    at = index + found[0].length;
    if (found[0] === "$${") {
      put("${", "$${");
      continue;
    }
    const close = text.indexOf("}", at);
    const inner = close < 0 ? text.slice(at) : text.slice(at, close);
    at = close < 0 ? text.length : close + 1;
    const whole = text.slice(index, at);
    const mistake = (message: string, hint: string) => {
      result.mistakes.push({ message, hint, offset: index });
      put(whole, whole);
    };
    const before = options.journal ? decided.exec(inner) : null;
    const [, name, fallback] = written.exec(inner) ?? [];
    if (close < 0) {
      mistake("this ${ is never closed by a }", "write $${ for a literal ${");
    } else if (inner.includes("${")) {
      mistake("a default cannot hold another reference", "set one variable, and refer to it without a default");
    } else if (before) {
      put(before[1]!, whole);
    } else if (name === undefined) {
      mistake("this is not a reference to a variable", "write ${NAME} or ${NAME:-default}, and $${ for a literal ${");
    } else {
      const value = env[name];
      if (value !== undefined && (value !== "" || fallback === undefined)) {
        put(value, `\${${name}}`);
        if (isSecretKey(name) && value !== "") result.secrets.push(value);
      } else if (fallback !== undefined) {
        put(fallback, `\${:-${fallback}}`);
        if (isSecretKey(name) && fallback !== "") {
          result.secrets.push(fallback);
          result.secretDefault = true;
        }
      } else {
        result.missing.push({ name, offset: index });
        put(whole, whole);
      }
    }
    result.lone = index === 0 && at === text.length;
  }
  put(text.slice(at), text.slice(at));
  return result;
}

const number = /^[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?$/;

/** What a text would be as a plain YAML scalar: for a lone reference where a number or true/false is wanted. */
export function asScalar(text: string): string | number | boolean {
  if (number.test(text)) return Number(text);
  if (/^(?:true|True|TRUE)$/.test(text)) return true;
  return /^(?:false|False|FALSE)$/.test(text) ? false : text;
}
