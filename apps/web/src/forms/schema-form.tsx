import { Plus, X } from "lucide-react";
import { useId } from "react";
import { Button } from "../design/button.tsx";
import { boundsOf, type Schema, typeName } from "./json-schema.ts";
import { ScalarField } from "./scalar-field.tsx";

interface Field {
  name: string;
  schema: Schema;
  value: unknown;
  required?: boolean;
  onChange: (value: unknown) => void;
}

type Group = Record<string, unknown>;

/** A form for any object schema. What is left empty is left out, so that the default stands. */
export function SchemaForm({
  schema,
  value,
  onChange,
}: {
  schema: Schema;
  value: Group;
  onChange: (value: Group) => void;
}) {
  const entries = Object.entries(schema.properties ?? {});
  if (entries.length === 0) return <p className="text-sm text-soft">It takes no params.</p>;
  return (
    <div className="space-y-4">
      {entries.map(([name, property]) => (
        <SchemaField
          key={name}
          name={name}
          schema={property}
          value={value[name]}
          required={schema.required?.includes(name) ?? false}
          onChange={(next) => onChange(without({ ...value, [name]: next }))}
        />
      ))}
    </div>
  );
}

const without = (group: Group): Group =>
  Object.fromEntries(Object.entries(group).filter(([, value]) => value !== undefined));

function SchemaField({ name, schema, value, required = false, onChange }: Field) {
  const id = useId();
  const notes = [
    typeName(schema),
    boundsOf(schema),
    schema.default !== undefined && `${JSON.stringify(schema.default)} when left out`,
  ].filter(Boolean);
  const described = `${id}-about`;
  const control = partOf(schema);
  const grouped = control !== "scalar";
  const label = (
    <>
      <code className="font-semibold">{name}</code>
      {required && <span className="text-bad"> required</span>}{" "}
      <span className="text-xs font-normal text-soft">{notes.join(", ")}</span>
    </>
  );
  const about = schema.description && (
    <p id={described} className="mb-1.5 text-sm text-soft">
      {schema.description}
    </p>
  );
  if (grouped) {
    return (
      <fieldset>
        <legend className="text-sm">{label}</legend>
        {about}
        {control === "list" && <ListField name={name} schema={schema} value={value} onChange={onChange} />}
        {control === "map" && <MapField name={name} schema={schema} value={value} onChange={onChange} />}
        {control === "group" && (
          <div className="border-l-2 border-line pl-4">
            <SchemaForm
              schema={schema}
              value={(value as Group | undefined) ?? {}}
              onChange={(next) => onChange(Object.keys(next).length > 0 ? next : undefined)}
            />
          </div>
        )}
      </fieldset>
    );
  }
  return (
    <div>
      <label htmlFor={id} className="block text-sm">
        {label}
      </label>
      {about}
      <ScalarField
        id={id}
        describedBy={schema.description ? described : undefined}
        schema={schema}
        value={value}
        required={required}
        onChange={onChange}
      />
    </div>
  );
}

/** Where one of several may stand, one field takes them all: what reads as YAML of that kind. */
function partOf(schema: Schema): "scalar" | "list" | "map" | "group" {
  if (schema.type === "array") return "list";
  if (schema.type === "object") return schema.properties ? "group" : "map";
  return "scalar";
}

function ListField({ name, schema, value, onChange }: Field) {
  const items = Array.isArray(value) ? (value as unknown[]) : [];
  const item = schema.items ?? {};
  const change = (next: unknown[]) => onChange(next.length > 0 ? next : undefined);
  const deep = item.type === "object";
  return (
    <div className="space-y-2">
      {items.map((one, index) => (
        <div key={index} className="flex items-start gap-2">
          <div className="grow">
            {deep ? (
              <div className="rounded-md border border-line p-3">
                <SchemaForm
                  schema={item}
                  value={(one as Group | undefined) ?? {}}
                  onChange={(next) => change(items.with(index, next))}
                />
              </div>
            ) : (
              <ScalarField
                label={`${name} ${index + 1}`}
                schema={item}
                value={one}
                onChange={(next) => change(items.with(index, next ?? ""))}
              />
            )}
          </div>
          <Button
            look="bare"
            aria-label={`Remove ${name} ${index + 1}`}
            onClick={() => change(items.toSpliced(index, 1))}
          >
            <X aria-hidden className="size-4" />
          </Button>
        </div>
      ))}
      <Button onClick={() => change([...items, deep ? {} : ""])}>
        <Plus aria-hidden className="size-4" /> Add
      </Button>
    </div>
  );
}

function MapField({ name, schema, value, onChange }: Field) {
  const entries = Object.entries((value as Group | undefined) ?? {});
  const item = typeof schema.additionalProperties === "object" ? schema.additionalProperties : {};
  const change = (next: [string, unknown][]) => onChange(next.length > 0 ? Object.fromEntries(next) : undefined);
  return (
    <div className="space-y-2">
      {entries.map(([key, one], index) => (
        <div key={index} className="flex gap-2">
          <input
            aria-label={`Name ${index + 1} in ${name}`}
            value={key}
            onChange={(event) => change(entries.with(index, [event.target.value, one]))}
            className="field font-mono"
          />
          <ScalarField
            label={`Value of ${key || index + 1}`}
            schema={item}
            value={one}
            onChange={(next) => change(entries.with(index, [key, next ?? ""]))}
          />
          <Button look="bare" aria-label={`Remove ${key}`} onClick={() => change(entries.toSpliced(index, 1))}>
            <X aria-hidden className="size-4" />
          </Button>
        </div>
      ))}
      <Button onClick={() => change([...entries, ["", ""]])}>
        <Plus aria-hidden className="size-4" /> Add
      </Button>
    </div>
  );
}
