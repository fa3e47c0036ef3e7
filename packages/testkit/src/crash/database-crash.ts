import type { Agent, Experiment } from "@chaos-agents/core";
import { experimentOf } from "../contract/stage.ts";
import { differences } from "../oracle/differences.ts";
import type { Photograph } from "../oracle/facts.ts";
import { photograph } from "../oracle/photograph.ts";
import type { DatabaseAdmin } from "../servers/database-admin.ts";
import type { DatabaseServer } from "../servers/database-server.ts";
import { startWireProxy } from "../wire/wire-proxy.ts";
import type { CrashSubject } from "./crash-bed.ts";
import type { CatalogPlace } from "./crash-spec.ts";

export interface DatabaseFault {
  skill: string;
  /** As a file would have them. */
  params: Record<string, unknown>;
  /** Whether users of the database feel it now. Asked while the run is held still, so it must not wait for a lock. */
  felt(database: DatabaseAdmin): Promise<boolean>;
  /** Brings back what it takes away for good. */
  ready?(database: DatabaseAdmin): Promise<void>;
}

/** A fault on a database server of the test's own: its wire is counted and cut, and the server is killed now and then. */
export function databaseCrash(
  server: DatabaseServer,
  database: DatabaseAdmin,
  fault: DatabaseFault,
  { agent, catalog }: { agent: Agent; catalog: CatalogPlace },
): CrashSubject<Photograph> {
  const skill = agent.skills.find(({ name }) => name === fault.skill)!;
  const experiment = (url: string): Experiment =>
    experimentOf({
      targets: { main: { kind: agent.target, config: agent.config.parse({ connection_url: url }) } },
      skills: [{ skill: skill.name, params: skill.params.parse(fault.params), count: 1, target: "main" }],
      duration: 3_599_999,
    });
  return {
    catalog,
    experiment: experiment(database.url),
    oracle: {
      photograph: () => photograph(database.url, server.engine, { scope: "server" }),
      differences: (before, after) => differences(before, after),
      patience: 10_000,
    },
    landed: () => fault.felt(database),
    ready: async () => await fault.ready?.(database),
    wire: {
      open: () => startWireProxy({ to: { host: server.host, port: server.port }, engine: server.engine }),
      through: (_, proxy) => experiment(proxy.through(database.url)),
    },
    async restart() {
      await server.kill();
      await server.restart();
    },
  };
}
