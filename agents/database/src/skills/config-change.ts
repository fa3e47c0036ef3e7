import { ChaosError, defineSkill, type Finding } from "@chaos-agents/core";
import { distance } from "fastest-levenshtein";
import { z } from "zod";
import type { Database } from "../database.ts";
import type { Ask } from "../dialect.ts";
import { mysqlConfiguring } from "../mysql/config-change.ts";
import { postgresConfiguring } from "../postgres/config-change.ts";
import type { Setting } from "../schema.ts";

/** What is set where we write (PostgreSQL: the entry in postgresql.auto.conf, null without one), and what a new session gets. */
export interface SettingState {
  /** As it is spelled there. */
  name: string;
  stored: string | null;
  effective: string | null;
}

/** What will stand there, and what a new session will then get, in the server's own words as far as they can be told before. */
export interface Foreseen {
  stored: string;
  effective: string;
}

/** What each engine does its own way. */
export interface Configuring {
  /** Why this is never done, whatever the value's form; undefined when it may be. */
  refusal(setting: Setting, value: string): Pick<Finding, "code" | "message"> | undefined;
  /** Throws `unsupported` when the server would not take the value. Changes nothing. */
  foresee(database: Database, setting: Setting, value: string, mark: string, signal: AbortSignal): Promise<Foreseen>;
  /** Rights and whatever else stands in the way. */
  findings(database: Database, settings: readonly Setting[], signal: AbortSignal): Promise<Finding[]>;
  read(database: Database, param: string, mark: string, signal: AbortSignal): Promise<SettingState>;
  /** Sets what is stored; on PostgreSQL null takes the entry away. */
  write(ask: Ask, name: string, value: string | null): Promise<void>;
  /** Returns once new sessions see what was written. */
  takeHold(database: Database, mark: string, signal: AbortSignal): Promise<void>;
  /** Seconds since the epoch at which the server started, where it forgets what was written when it stops; else null. */
  startedAt(database: Database, signal: AbortSignal): Promise<number | null>;
}

const engines: Record<Database["engine"], Configuring> = { postgres: postgresConfiguring, mysql: mysqlConfiguring };

const text = z.string().nullable();
const record = z.strictObject({
  param: z.string(),
  /** The spelling to put back. */
  name: z.string(),
  ours: z.strictObject({ stored: text, effective: text }),
  before: z.strictObject({ stored: text, effective: text }),
  startedAt: z.number().nullable(),
});
type Undo = z.output<typeof record>;

const paramName = z.string().min(1).meta({ description: "The setting, such as work_mem" });
const paramValue = z
  .union([z.string(), z.number(), z.boolean()])
  .meta({ description: "Its new value, as the server takes it: 64kB, 200, on" });
const change = z.strictObject({ param: paramName, value: paramValue });

export const configChange = defineSkill({
  name: "db.config_change",
  summary: "Change settings of the whole server",
  effect:
    "New sessions run under the changed settings, and those already open as far as the server applies them to these.",
  reversal: "exact",
  reversalNote:
    "PostgreSQL: an entry that was in postgresql.auto.conf gets its old value, one that was not is reset. MySQL: the old global value is set. A setting that somebody else changed meanwhile is left as it is and reported.",
  seen: "effect",
  params: z.strictObject({
    changes: z
      .array(change)
      .min(1)
      .superRefine((changes, context) => {
        for (const [at, { param }] of changes.entries()) {
          if (changes.findIndex((other) => other.param.toLowerCase() === param.toLowerCase()) === at) continue;
          context.addIssue({ code: "custom", path: [at, "param"], message: `${param} is changed twice` });
        }
      })
      .meta({ description: "The settings to change" }),
  }),
  undoRecord: record,
  example: { changes: [{ param: "work_mem", value: "64kB" }] },

  async resolve(database: Database, { changes }, { signal }) {
    const settings = await database.settings(
      changes.map(({ param }) => param),
      signal,
    );
    const unknown = changes.filter(({ param }) => !find(settings, param)).map(({ param }) => param);
    if (unknown.length > 0) throw await unknownSettings(database, unknown, signal);
    return changes.map((one) => {
      const setting = find(settings, one.param)!;
      const value = typeof one.value === "boolean" ? (one.value ? "on" : "off") : String(one.value);
      return {
        key: setting.name,
        label: `set ${setting.name} to ${quoted(value)} (now ${current(setting)})`,
        undoLabel: `put ${setting.name} back as it was`,
        cost: { settings: 1 },
        data: { param: setting.name, value },
      };
    });
  },

  async preflight(database, things, _params, { mark, signal }) {
    const engine = engines[database.engine];
    const settings = await database.settings(
      things.map(({ data }) => data.param),
      signal,
    );
    const findings = await engine.findings(database, settings, signal);
    for (const { data } of things) {
      const setting = find(settings, data.param)!;
      const refused = refusal(setting) ?? engine.refusal(setting, data.value);
      if (refused) findings.push({ level: "error", ...refused });
      else findings.push(...(await valueFindings(database, setting, data.value, mark, signal)));
    }
    return findings;
  },

  async *inject(database, { data: { param, value } }, { mark, signal }) {
    const engine = engines[database.engine];
    const setting = find(await database.settings([param], signal), param);
    if (!setting) throw await unknownSettings(database, [param], signal);
    await using session = await database.session(mark, { signal });
    const { name, stored, effective } = await engine.read(database, param, mark, signal);
    const ours = await engine.foresee(database, setting, value, mark, signal);
    const startedAt = await engine.startedAt(database, signal);
    const told: Undo = { param, name, ours, before: { stored, effective }, startedAt };
    const id = yield { record: told };
    await engine.write((sql) => session.query(sql, [], { signal }), param, ours.stored);
    const made = await engine.read(database, param, mark, signal);
    if (made.stored !== ours.stored) {
      yield { record: { ...told, ours: { stored: made.stored, effective: made.effective } }, revises: id };
    }
    await engine.takeHold(database, mark, signal);
  },

  async witness(database, { data: { param } }, records, { mark, signal }) {
    const now = await engines[database.engine].read(database, param, mark, signal);
    const one = [...records].find((record) => record.param === param);
    const isOurs = one !== undefined && now.stored === one.ours.stored;
    const isFelt = isOurs && (same(now.effective, one.ours.effective) || now.effective !== one.before.effective);
    return { landed: isFelt, detail: `a new session gets ${param} = ${quoted(now.effective)}` };
  },

  async fence(database, _records, { mark, signal }) {
    await database.fence(mark, signal);
  },

  async undo(database, record, { mark, signal }) {
    const engine = engines[database.engine];
    const { param, name, ours, before } = record;
    if (await isForgotten(database, record, signal)) {
      return { outcome: "already", detail: `the server has restarted since, and forgot the ${param} we set` };
    }
    const now = await engine.read(database, param, mark, signal);
    if (now.stored !== before.stored && now.stored !== ours.stored) {
      const theirs = `${param} is ${quoted(now.stored)}, set by somebody else`;
      return { outcome: "conflict", detail: `${theirs}; left as it is`, remains: [theirs] };
    }
    if (now.stored === before.stored && !isInForce(now, record)) {
      return { outcome: "already", detail: `${param} is as it was` };
    }
    if (now.stored !== before.stored) {
      await engine.write((sql, values) => database.ask(sql, values, signal), name, before.stored);
    }
    await engine.takeHold(database, mark, signal);
    return { outcome: "undone", detail: `${param} is ${quoted(before.effective)} again` };
  },

  async verify(database, record, { mark, signal }) {
    if (await isForgotten(database, record, signal)) return [];
    const { param, ours, before } = record;
    const now = await engines[database.engine].read(database, param, mark, signal);
    if (now.stored === ours.stored && ours.stored !== before.stored)
      return [`${param} is still ${quoted(ours.stored)}`];
    return isInForce(now, record) ? [`${param} = ${quoted(now.effective)} is still in force`] : [];
  },
});

/** What was written is taken back, but new sessions still get it. */
const isInForce = (now: SettingState, { ours, before }: Undo): boolean =>
  now.stored === before.stored && same(now.effective, ours.effective) && !same(now.effective, before.effective);

/** The server tells its start by the second. */
async function isForgotten(database: Database, record: Undo, signal: AbortSignal): Promise<boolean> {
  const startedAt = await engines[database.engine].startedAt(database, signal);
  return startedAt !== null && record.startedAt !== null && Math.abs(startedAt - record.startedAt) > 2;
}

function refusal({ name, takesEffect, global }: Setting): Pick<Finding, "code" | "message"> | undefined {
  if (takesEffect === "restart")
    return { code: "unsupported", message: `${name} changes only when the server restarts` };
  if (takesEffect === "never") return { code: "unsupported", message: `${name} cannot be changed` };
  if (!global) return { code: "unsupported", message: `${name} can be set only for one session by itself` };
  return undefined;
}

async function valueFindings(
  database: Database,
  setting: Setting,
  value: string,
  mark: string,
  signal: AbortSignal,
): Promise<Finding[]> {
  try {
    const { effective } = await engines[database.engine].foresee(database, setting, value, mark, signal);
    if (!same(effective, setting.value)) return [];
    return [{ level: "warning", code: "no-effect", message: `${setting.name} is ${quoted(value)} already` }];
  } catch (error) {
    if (!(error instanceof ChaosError) || error.code !== "unsupported") throw error;
    return [{ level: "error", code: "unsupported", message: error.message }];
  }
}

async function unknownSettings(database: Database, names: readonly string[], signal: AbortSignal): Promise<ChaosError> {
  const known = (await database.settings(undefined, signal)).map(({ name }) => name);
  const near = names.flatMap((name) =>
    known
      .map((other) => ({ other, far: distance(name.toLowerCase(), other.toLowerCase()) }))
      .filter(({ far }) => far <= Math.max(2, Math.floor(name.length / 3)))
      .toSorted((a, b) => a.far - b.far)
      .slice(0, 2)
      .map(({ other }) => other),
  );
  return new ChaosError("nothing-matched", `${database.label} has no setting ${names.map(quoted).join(", ")}`, {
    remedy: near.length > 0 ? `Did you mean ${near.join(" or ")}?` : "chaos discover shows some of those there are",
    facts: { settings: names, nearest: near },
  });
}

const find = (settings: readonly Setting[], param: string): Setting | undefined =>
  settings.find(({ name }) => name.toLowerCase() === param.toLowerCase());

/** Servers write one value in several ways: 10 and 10.000000, ON and 1. */
function same(a: string | null, b: string | null): boolean {
  if (a === b || a === null || b === null) return a === b;
  const [one, other] = [a, b].map((text) => switches[text.toLowerCase()] ?? text);
  return one === other || (one!.trim() !== "" && Number(one) === Number(other));
}
const switches: Record<string, string> = { on: "1", off: "0" };

const quoted = (value: string | null): string => (value === null ? "nothing" : `"${value}"`);

function current({ value, unit }: Setting): string {
  if (value === null || !unit) return quoted(value);
  return /^\d/.test(unit) ? `${value} × ${unit}` : `${value} ${unit}`;
}
