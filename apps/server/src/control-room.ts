import { hostname } from "node:os";
import type { Catalog, Clock } from "@chaos-agents/core";
import type { JournalStore } from "@chaos-agents/engine";
import type { Tokens } from "./access/tokens.ts";
import type { Audit } from "./audit.ts";
import type { ExperimentFolders } from "./experiment-folders.ts";
import type { RunFeed } from "./feed/run-feed.ts";
import type { RunIndex } from "./feed/run-index.ts";
import type { JobDesk } from "./jobs/job-desk.ts";
import type { News } from "./news.ts";

/** All that the API speaks for. */
export interface ControlRoom {
  readonly version: string;
  readonly catalog: Catalog;
  readonly store: JournalStore;
  readonly clock: Clock;
  readonly env: NodeJS.ProcessEnv;
  readonly atOnce: number;
  readonly tokens: Tokens;
  readonly audit: Audit;
  readonly folders: ExperimentFolders;
  readonly index: RunIndex;
  readonly feed: RunFeed;
  readonly desk: JobDesk;
  readonly news: News;
  /** Who is told of runs, for people. */
  readonly notices: readonly string[];
}

export const machineName = hostname();
