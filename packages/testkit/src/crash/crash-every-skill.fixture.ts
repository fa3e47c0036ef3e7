import { databaseAgent } from "@chaos-agents/database";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type DatabaseAdmin, type Engine, administer } from "../servers/database-admin.ts";
import type { DatabaseServer } from "../servers/database-server.ts";
import { crashMatrix } from "./crash-matrix.ts";
import { crashTable, crashTotals } from "./crash-table.ts";
import { databaseCrash } from "./database-crash.ts";
import { faultsOn } from "./database-faults.ts";

const catalog = { module: import.meta.resolve("@chaos-agents/database"), export: "databaseAgent" };
const rows = 200;

interface CrashedServer {
  label: string;
  engine: Engine;
  /** Why it cannot be had here. */
  missing?: string | undefined;
  start: () => Promise<DatabaseServer>;
  /** A sample of so many points for each skill; the matrix's own when left out. CRASH_POINTS goes before. */
  sample?: number;
}

/** The crash matrix of every database skill on one server, which is killed now and then as well. */
export function crashEverySkill({ label, engine, missing, start, sample }: CrashedServer): void {
  if (missing && process.env["CI"] === "true") throw new Error(missing);
  const points = process.env["CRASH_POINTS"] === undefined ? sample : undefined;
  describe.skipIf(missing)(label, () => {
    let server: DatabaseServer;
    let database: DatabaseAdmin;
    beforeAll(async () => {
      server = await start();
      await server.createDatabase("shop");
      database = administer(engine, server.urlOf("shop"));
      const values = Array.from({ length: rows }, (_, n) => `(${n}, 'note ${n}', ${n}.5)`).join(", ");
      await database.run([
        "CREATE TABLE orders (id int PRIMARY KEY, note varchar(40) NOT NULL, amount numeric(12, 2) NOT NULL)",
        `INSERT INTO orders VALUES ${values}`,
        "CREATE INDEX orders_by_note ON orders (note)",
        "CREATE TABLE orders_before AS SELECT * FROM orders",
      ]);
    });
    afterAll(() => server.stop());

    test.for(faultsOn(engine))(
      "[CA-41] $skill, killed anywhere, leaves nothing once it is recovered",
      async (fault) => {
        const subject = databaseCrash(server, database, fault, { agent: databaseAgent, catalog });
        const name = `${fault.skill} on ${label}`;
        const report = await crashMatrix({ name, ...subject, ...(points !== undefined && { points }) });
        console.log(crashTable(report));
        const { kills, landed, residues } = crashTotals(report);
        expect(residues).toEqual([]);
        expect(landed, "the fault was there in some of the kills").toBeGreaterThan(0);
        expect(kills - landed, "and not there in others").toBeGreaterThan(0);
      },
    );
  });
}
