import { databaseAgent } from "@chaos-agents/database";
import { expect, test } from "vitest";
import { crashTable, crashTotals } from "../crash/crash-table.ts";
import { databaseCrash } from "../crash/database-crash.ts";
import { administer } from "../servers/database-admin.ts";
import { startPostgres } from "../servers/postgres-server.ts";
import { powerLossMissing } from "./failing-disk.ts";
import { powerLossMatrix } from "./power-loss-matrix.ts";

const missing = await powerLossMissing();
if (missing && process.env["CI"] === "true") throw new Error(missing);

const catalog = { module: import.meta.resolve("@chaos-agents/database"), export: "databaseAgent" };

test.skipIf(missing)("[CA-41] the rows of a database are put back after our machine lost its power", async () => {
  await using server = await startPostgres({ version: 18 });
  const database = administer("postgres", await server.createDatabase("shop"));
  await database.run([
    "CREATE TABLE orders (id int PRIMARY KEY, note text NOT NULL)",
    "INSERT INTO orders SELECT n, 'note ' || n FROM generate_series(1, 200) AS n",
    "CREATE TABLE orders_before AS SELECT * FROM orders",
  ]);
  const changed = "SELECT count(*) AS n FROM orders JOIN orders_before b USING (id) WHERE orders.note <> b.note";
  const fault = {
    skill: "db.update_load",
    params: { tables: ["orders"], rows: 60 },
    felt: async () => Number((await database.query(changed))[0]!["n"]) > 0,
  };
  const { wire: _, ...subject } = databaseCrash(server, database, fault, { agent: databaseAgent, catalog });
  const report = await powerLossMatrix({ name: "power loss, db.update_load on PostgreSQL 18", ...subject });
  console.log(crashTable(report));
  const { kills, landed, residues } = crashTotals(report);
  expect(residues).toEqual([]);
  expect(landed, "the fault was there in some of them").toBeGreaterThan(0);
  expect(kills - landed, "and not there in others").toBeGreaterThan(0);
});
