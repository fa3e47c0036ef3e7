import { parse, stringify } from "yaml";
import { useState } from "react";
import { choicesOf, type Schema } from "./json-schema.ts";

interface ScalarField {
  id?: string;
  label?: string;
  describedBy?: string | undefined;
  schema: Schema;
  value: unknown;
  required?: boolean;
  onChange: (value: unknown) => void;
}

/** One value: a choice, a yes or no, a number, words; where several kinds may stand, whatever reads as YAML of one of them. */
export function ScalarField({ id, label, describedBy, schema, value, required = false, onChange }: ScalarField) {
  const shared = { id, "aria-label": label, "aria-describedby": describedBy, "aria-required": required || undefined };
  const options = schema.enum ?? (schema.type === "boolean" ? [true, false] : undefined);
  if (options) {
    return (
      <select
        {...shared}
        className="field"
        value={textOf(value)}
        onChange={(event) => onChange(options.find((one) => String(one) === event.target.value))}
      >
        <option value="">{schema.default === undefined ? "–" : `as by default: ${plain(schema.default)}`}</option>
        {options.map((option) => (
          <option key={String(option)} value={String(option)}>
            {plain(option)}
          </option>
        ))}
      </select>
    );
  }
  const types = [schema, ...choicesOf(schema)].flatMap(({ type }) => type ?? []);
  const mixed = types.some((type) => type !== "string");
  return (
    <Words
      {...shared}
      value={value}
      placeholder={schema.default === undefined ? "" : textOf(schema.default)}
      read={mixed ? readYaml : (text) => text}
      invalid={!allows(schema, value)}
      onChange={onChange}
    />
  );
}

interface Words {
  value: unknown;
  placeholder: string;
  read: (text: string) => unknown;
  invalid: boolean;
  onChange: (value: unknown) => void;
}

/** Keeps what was typed as it was typed: `1.` is on its way to `1.5`. */
function Words({ value, placeholder, read, invalid, onChange, ...shared }: Words) {
  const [typed, setTyped] = useState<string | null>(null);
  const shown = typed !== null && same(read(typed), value) ? typed : textOf(value);
  return (
    <input
      {...shared}
      className="field font-mono"
      value={shown}
      placeholder={placeholder}
      aria-invalid={invalid || undefined}
      autoComplete="off"
      spellCheck={false}
      onChange={(event) => {
        const text = event.target.value;
        setTyped(text);
        onChange(text === "" ? undefined : read(text));
      }}
    />
  );
}

const same = (a: unknown, b: unknown) => (a === "" ? undefined : JSON.stringify(a)) === JSON.stringify(b);

function readYaml(text: string): unknown {
  try {
    return (parse(text) as unknown) ?? undefined;
  } catch {
    return text;
  }
}

function textOf(value: unknown): string {
  if (value === undefined || value === null) return "";
  if (typeof value === "string") return value;
  return typeof value === "object" ? stringify(value, { collectionStyle: "flow" }).trim() : JSON.stringify(value);
}

const plain = (value: unknown) => (value === true ? "yes" : value === false ? "no" : String(value));

/** The rough check a form can do; the server has the last word. */
function allows(schema: Schema, value: unknown): boolean {
  if (value === undefined || value === "") return true;
  const choices = choicesOf(schema);
  if (choices.length > 0) return choices.some((choice) => allows(choice, value));
  if (schema.const !== undefined) return schema.const === value;
  if (schema.type === "integer") return Number.isInteger(value) && inBounds(schema, value as number);
  if (schema.type === "number") return typeof value === "number" && inBounds(schema, value);
  if (schema.type === "string")
    return typeof value === "string" && (schema.pattern === undefined || matches(schema.pattern, value));
  return true;
}

const inBounds = ({ minimum = -Infinity, maximum = Infinity, exclusiveMinimum = -Infinity }: Schema, value: number) =>
  value >= minimum && value <= maximum && value > exclusiveMinimum;

function matches(pattern: string, value: string): boolean {
  try {
    return new RegExp(pattern, "u").test(value);
  } catch {
    return true;
  }
}
