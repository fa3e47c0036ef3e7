import type { Agent, Catalog, Skill } from "@chaos-agents/core";
import type { Oracle } from "./oracle.ts";

/** A real thing to break, made for one test. */
export interface Subject<Photograph = any> extends AsyncDisposable {
  /** The `target_config`, as a file would have it. */
  config: Record<string, unknown>;
  /** The skill's params, as a file would have them. */
  params: Record<string, unknown>;
  oracle: Oracle<Photograph>;
  /** Whether users of the target feel the fault now, looked at through a connection of the test's own. */
  readonly observeEffect: () => Promise<boolean>;
}

/** Somebody else's hold on the target, behind which the injecting statement waits; and the way there of its client. */
export interface Stall extends AsyncDisposable {
  /** The `target_config` of that client. */
  config: Record<string, unknown>;
  /** Instead of the subject's, where those would not have it wait. */
  params?: Record<string, unknown>;
  /** Resolves once the statement has arrived on the target and waits; rejects when it never does. */
  reached(): Promise<void>;
  /** Whether it is there and waits. */
  waits(): Promise<boolean>;
  /** Cuts that client off. The target hears nothing of it: the statement goes on. */
  lose(): void;
  /** Lets go of what is held. */
  release(): Promise<void>;
}

export interface SkillContract<S extends Subject = Subject> {
  agent: Agent;
  /** Its name: `db.table_lock`. */
  skill: string;
  /** Stands in the test names: `PostgreSQL 18`. */
  where?: string;
  subject(): Promise<S>;
  /**
   * Somebody else changes what we changed, while the fault stands. Returns a look whether theirs is still there. Left out
   * where there is nothing to come into conflict about.
   */
  meddle?(subject: S): Promise<() => Promise<boolean>>;
  /** Left out where the injection asks nothing of the target that could take long. */
  stall?(subject: S): Promise<Stall>;
  /** Where every check takes long: only the promises that fit. */
  only?: RegExp;
  /** Differences that an undo which is not `exact` may leave; refused for one that is. */
  mayRemain?: RegExp;
}

/** What one check works with. */
export interface CheckedSkill {
  readonly agent: Agent;
  readonly skill: Skill;
  readonly catalog: Catalog;
  readonly subject: Subject;
  readonly meddle: () => Promise<() => Promise<boolean>>;
  readonly stall: () => Promise<Stall>;
}

/** One promise of the contract, kept or not: rejects with the reason. */
export interface Check {
  readonly promise: string;
  /** What the skill's test has to bring for it. */
  readonly needs?: "meddle" | "stall";
  check(checked: CheckedSkill): Promise<void>;
}
