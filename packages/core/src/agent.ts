import type { z } from "zod";
import type { Clock } from "./clock.ts";
import type { ProbeKind } from "./probe.ts";
import type { Skill } from "./skill.ts";
import type { UndoResult } from "./undo.ts";

export interface ConnectContext {
  /** Shown on the target as who we are: `chaos/<run>`. */
  readonly mark: string;
  readonly signal: AbortSignal;
  readonly clock: Clock;
}

/** What discovery found, as tables for people, and for `--json`. */
export interface Discovery {
  /** One line: `PostgreSQL 18.4, 12 tables, 1.2 GB`. */
  summary: string;
  tables: { title: string; columns: string[]; rows: (string | number | boolean | null)[][] }[];
}

/** A mark or residue of ours seen on a target, whatever our journal says. */
export interface Mark {
  /** Stable while it is there: `session 4711`. */
  key: string;
  detail: string;
  /** Which run left it, where the mark tells. */
  run?: string;
  /** Removes it; null where only the journal's undo records can. */
  remove: ((signal: AbortSignal) => Promise<UndoResult>) | null;
}

/** What can be seen of us without a journal, in words. */
export interface Sight {
  /** What carries our mark: `sessions`. */
  marked: string;
  /** What a run may have changed besides, which its journal alone can tell: `rows, settings and indexes`. */
  unmarked: string;
}

/** An open connection to something that can be broken. */
export interface Target extends AsyncDisposable {
  /** For people, without secrets: `shop on 127.0.0.1:5432`. */
  readonly label: string;
  /**
   * Facts by name that tell it from every other target, whatever its address, and outlive restarts; only those that could
   * be had. A recovery is refused where one of them is another now.
   */
  readonly identity?: Readonly<Record<string, string>>;
  discover(signal: AbortSignal): Promise<Discovery>;
  /** Our marks on the target, found without any journal. */
  marks(signal: AbortSignal): Promise<Mark[]>;
  /** Left out where everything of ours carries a mark. */
  readonly sight?: Sight;
}

/** The expert for one kind of target. Cheap to import: drivers are loaded in `connect`. */
export interface Agent {
  /** `database`: the word in files. */
  readonly target: string;
  readonly aliases: readonly string[];
  readonly summary: string;
  readonly config: z.ZodType;
  /** A realistic `target_config`, for docs and `chaos init`. */
  readonly example: Record<string, unknown>;
  readonly skills: readonly Skill[];
  readonly probes: readonly ProbeKind[];
  connect(config: any, context: ConnectContext): Promise<Target>;
}

/** What is shipped: the list of agents, and the probe kinds that need no agent. */
export interface Catalog {
  readonly agents: readonly Agent[];
  readonly probes: readonly ProbeKind[];
}
