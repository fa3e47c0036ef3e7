import type { z } from "zod";
import type { BlastCost } from "./blast-radius.ts";
import type { Clock } from "./clock.ts";
import type { Random } from "./random.ts";
import type { Reversal, UndoId, UndoResult, UndoStep } from "./undo.ts";

/** One exact thing a skill will touch, as the dry run, the approval and the blast radius see it. Plain JSON. */
export interface Thing<Data = unknown> {
  /** Unique within the fault, stable between dry run and run: `public.orders`. */
  key: string;
  /** What will happen to it, for people: `insert 1,000 rows into public.orders`. */
  label: string;
  /** How it will be put back, for people. */
  undoLabel: string;
  cost: BlastCost;
  /** Which machine of its target it is on, where there are several: each counts once, however many faults break it. */
  host?: string;
  /** Where this thing's undo is worth less than the skill promises in general. */
  reversal?: Reversal;
  data: Data;
}

/** What preflight found. An `error` stops the run before anything is touched. */
export interface Finding {
  level: "error" | "warning" | "info";
  code:
    | "permission-missing"
    | "unsupported"
    | "side-effects"
    | "no-effect"
    | "self-harm"
    | "blast-radius-exceeded"
    | "note";
  message: string;
  /** What would mend it, as something to type where there is such a thing: a GRANT, a package, a param. */
  remedy?: string;
}

/** Whether the fault can be seen from outside, and in which words. */
export interface Witness {
  landed: boolean;
  detail: string;
}

/** A background part of a fault that lives in our process: sessions held open, loops that keep querying. */
export interface Held extends AsyncDisposable {
  /** Settles, with the reason, if the fault dies before it is undone; never settles while it holds. */
  readonly lost?: Promise<string>;
}

export interface SkillContext {
  readonly run: string;
  /** Unique within the run; skills put `mark` on what they make so that fencing and sweeping find it. */
  readonly fault: string;
  /** `chaos/<run>/<fault>`: at most 63 bytes of [a-z0-9/-], fit for an application name or a lock name. */
  readonly mark: string;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly random: Random;
}

export interface InjectContext extends SkillContext {
  /** Keeps something alive until the fault is undone; disposed first thing then, before the fence. */
  readonly hold: (held: Held) => void;
  /** How far a long injection is; free to call often. */
  readonly progress: (done: number, total: number, unit: string) => void;
  /** Something people should know of (rows the server refused, a lock that had to be waited for). */
  readonly note: (message: string) => void;
}

/**
 * One way to break a target, with the way back.
 *
 * The engine calls, in this order: `preflight` and `resolve` (dry run too), `inject` for each thing, `witness`, and at
 * the end `fence` for every record, then `undo` last in first out, then `verify`. Any process may call the last three,
 * on a fresh connection, with nothing but the record from disk: they must not rely on memory.
 */
export interface Skill<Target = any, Params = any, Data = any, Undo = any> {
  readonly name: `${string}.${string}`;
  readonly summary: string;
  /** What users of the target will feel, in a sentence or two. */
  readonly effect: string;
  readonly reversal: Reversal;
  /** What the undo does, and what stays where it is not exact. */
  readonly reversalNote: string;
  /** Whether `witness` sees the effect itself or only that the request was accepted. */
  readonly seen: "effect" | "accepted";
  readonly params: z.ZodType<Params>;
  readonly undoRecord: z.ZodType<Undo>;
  /** What allows exactly what it asks of the target, to paste: a role, where the target has such things. */
  readonly role?: string;
  /** Params of a realistic use, for `chaos show` and the docs. */
  readonly example: Record<string, unknown>;
  /** Why this skill cannot work on a target with this config, or undefined; asked at validation, before any connection. */
  unsupported?(targetConfig: unknown, params: Params): string | undefined;
  /** The exact things to touch. An empty answer is an error of the engine's. Reads only. */
  resolve(target: Target, params: Params, context: ResolveContext): Promise<Thing<Data>[]>;
  /** How many of its things may be broken, or put back, at once; 1 when left out. */
  readonly concurrency?: number;
  /** Milliseconds one undo may take before it counts as failed; a minute when left out. */
  readonly undoDeadline?: number;
  /** Milliseconds until its witness has to have seen it; half a minute when left out. */
  readonly witnessDeadline?: number;
  /** Rights, side effects, limits: all that can be known before. Reads only. */
  preflight?(target: Target, things: readonly Thing<Data>[], params: Params, context: SkillContext): Promise<Finding[]>;
  /**
   * Breaks one thing. Yields each undo record before the change it undoes; the engine resumes the generator, with the
   * record's id, once the record is on disk. Stops soon after `signal` is aborted, by throwing or returning.
   */
  inject(target: Target, thing: Thing<Data>, context: InjectContext): AsyncGenerator<UndoStep<Undo>, void, UndoId>;
  /** Looks, on a connection other than the one that injected, whether the fault is there. */
  witness(target: Target, thing: Thing<Data>, records: Iterable<Undo>, context: SkillContext): Promise<Witness>;
  /**
   * Ends what our killed client may have left running on the server, and returns when it is gone. Asked once a fault, with
   * all its open records, before any of them is undone.
   */
  fence?(target: Target, records: Iterable<Undo>, context: SkillContext): Promise<void>;
  /** Compares, sets, checks. Safe to run twice, and for a change that was never made. */
  undo(target: Target, record: Undo, context: SkillContext): Promise<UndoResult>;
  /** What of this record can still be seen on the target, one line each; empty when clean. */
  verify(target: Target, record: Undo, context: SkillContext): Promise<string[]>;
}

export interface ResolveContext extends SkillContext {
  /** Narrows what the skill chooses by itself, never what the file names. True when no filter is set. */
  readonly matchesFilters: (name: string) => boolean;
}

/** Declares a skill; only there for its types. */
export function defineSkill<Target, Params, Data, Undo>(
  skill: Skill<Target, Params, Data, Undo>,
): Skill<Target, Params, Data, Undo> {
  return skill;
}
