import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "@chaos-agents/core";
import { openStore } from "@chaos-agents/journal";
import { Tokens } from "./access/tokens.ts";
import { buildApp } from "./app.ts";
import { Audit } from "./audit.ts";
import { ExperimentFolders } from "./experiment-folders.ts";
import { RunFeed } from "./feed/run-feed.ts";
import { RunIndex } from "./feed/run-index.ts";
import { JobDesk } from "./jobs/job-desk.ts";
import { News } from "./news.ts";

/** What `GET /openapi.json` answers but for the version, from a room that listens nowhere and leaves nothing behind. */
export async function openApiDocument(): Promise<object> {
  const home = await mkdtemp(join(tmpdir(), "chaos-openapi-"));
  await using opened = new AsyncDisposableStack();
  opened.defer(() => rm(home, { recursive: true, force: true }));
  const [clock, store] = [systemClock, openStore(home)];
  const audit = opened.use(new Audit(home));
  const index = opened.use(new RunIndex(home));
  const feed = new RunFeed({ store, index, clock });
  const work = { command: [], atOnce: 1, ended: async () => {}, changed: () => {} };
  const desk = opened.use(new JobDesk({ ...work, folder: join(home, "jobs"), store, clock }));
  const stands = { version: "any", catalog: { agents: [], probes: [] }, env: {}, atOnce: 1, notices: [] };
  const [tokens, folders] = [await Tokens.open(home), await ExperimentFolders.open([])];
  const closing = new AbortController().signal;
  const app = await buildApp(
    { ...stands, store, clock, tokens, audit, folders, index, feed, desk, news: new News() },
    { web: null, requestsPerMinute: 1, log: () => {}, closing },
  );
  opened.defer(() => app.close());
  await app.ready();
  return app.swagger();
}
