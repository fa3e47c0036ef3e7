import { differences, makeRichSchema, photograph } from "@chaos-agents/testkit";
import { forEachDatabase } from "@chaos-agents/testkit/vitest";
import { beforeAll, expect, test } from "vitest";
import type { Database } from "../database.ts";
import { DataFault, openDatabase, outcomes } from "./data-fault.fixture.ts";

const everyTable = async (database: Database) => {
  const tables = await database.tables();
  return tables.filter(({ partOf }) => partOf === null).map(({ schema, name }) => `${schema}.${name}`);
};
const named = (key: string) =>
  key
    .split(".")
    .map((part) => `"${part.replaceAll('"', '""')}"`)
    .join(".");

forEachDatabase((server) => {
  beforeAll(() => makeRichSchema(server.admin, { version: server.version }));
  const look = () => photograph(server.url, server.engine);

  for (const [skill, params, id] of [
    ["db.insert_load", { rows_per_table: 120, batch_rows: 70 }, "CA-20"],
    ["db.update_load", { rows: 120, batch_rows: 70 }, "CA-21"],
  ] as const) {
    test(`[${id}] ${skill} leaves every table of the rich schema as it was, or says why it will not touch it`, async () => {
      await using database = await openDatabase(server.url);
      const before = await look();
      const refused: Record<string, string> = {};
      const faults: DataFault[] = [];
      for (const key of await everyTable(database)) {
        try {
          const fault = await DataFault.of(database, skill, { ...params, tables: [named(key)] });
          if (fault.errors.length > 0) refused[key] = fault.errors.join("; ");
          else {
            faults.push(fault);
            await fault.inject();
          }
        } catch (error) {
          refused[key] = (error as Error).message;
        }
      }
      console.log(
        server.label,
        skill,
        refused,
        faults.flatMap((f) => f.notes.map((n) => f.thing.key + ": " + n)),
      );
      const standing = await look();
      for (const fault of faults) expect(await fault.landed(), fault.thing.key).toBe(true);
      const touched = differences(before, standing, { ignore: ["sequences"] });
      console.log(touched.length, faults.length);
      for (const fault of faults.toReversed()) {
        const results = await fault.undo();
        if (outcomes(results).some((x) => x !== "undone" && x !== "already")) console.log(fault.thing.key, results);
        expect(await fault.verify()).toEqual([]);
      }
      expect(differences(before, await look(), { ignore: ["sequences"] })).toEqual([]);
    });
  }
});
