import { differences, makeRichSchema, photograph } from "@chaos-agents/testkit";
import { type TestDatabase, forEachDatabase } from "@chaos-agents/testkit/vitest";
import { beforeAll, expect, test } from "vitest";
import type { Database } from "../database.ts";
import { changeableColumns } from "../rows/row-changes.ts";
import { DataFault, openDatabase, outcomes } from "./data-fault.fixture.ts";
import { oddTables } from "./odd-tables.fixture.ts";

/** Which tables a skill will not touch, and why not. */
type Refused = Record<string, RegExp>;

const everyTable = async (database: Database) => {
  const tables = await database.tables();
  return tables.filter(({ partOf }) => partOf === null).map(({ schema, name }) => `${schema}.${name}`);
};
const named = (key: string) =>
  key
    .split(".")
    .map((part) => `"${part.replaceAll('"', '""')}"`)
    .join(".");

/** Does it to every table at once, undoes it last in first out, and expects nothing to be different. */
async function tryEverywhere(server: TestDatabase, skill: string, params: object, expected: Refused): Promise<void> {
  const look = () => photograph(server.url, server.engine);
  const differ = async (before: Awaited<ReturnType<typeof look>>) =>
    differences(before, await look(), { ignore: ["sequences", "sessions", "locks"] });
  await using database = await openDatabase(server.url);
  const before = await look();
  const refused: Record<string, string> = {};
  const faults: DataFault[] = [];
  const tables = await everyTable(database);
  for (const key of tables) {
    try {
      const fault = await DataFault.of(database, skill, { ...params, tables: [named(key)] });
      if (fault.errors.length > 0) throw new Error(fault.errors.join("; "));
      faults.push(await fault.inject());
    } catch (error) {
      refused[key.slice(key.indexOf(".") + 1)] = (error as Error).message;
    }
  }
  const reasons = Object.entries(expected).map(([name, why]) => [name, expect.stringMatching(why)]);
  expect(refused).toEqual(Object.fromEntries(reasons));
  expect(faults.length).toBe(tables.length - reasons.length);
  expect(
    faults.flatMap(({ notes }) => notes),
    "the server took everything",
  ).toEqual([]);
  for (const fault of faults) expect(await fault.landed(), fault.thing.key).toBe(true);
  expect((await differ(before)).length).toBeGreaterThanOrEqual(faults.length);
  for (const fault of faults.toReversed()) {
    // a refused batch never committed; its halves did
    const ended = new Set(outcomes(await fault.undo()));
    expect(
      [...ended].filter((outcome) => outcome !== "already"),
      fault.thing.key,
    ).toEqual(["undone"]);
    expect(await fault.verify()).toEqual([]);
  }
  expect(await differ(before)).toEqual([]);
}

const closed = /no column that may be changed/;
const empty = /no rows|it has none/;

forEachDatabase((server) => {
  const onPostgres = server.engine === "postgres";
  beforeAll(() => makeRichSchema(server.admin, { version: server.version }));

  test("[CA-20] db.insert_load leaves every table of the rich schema as it was, or says why it will not touch it", async () => {
    const refused: Refused = onPostgres
      ? { archive: /a rule replaces deletes/, watched: /trigger watched_audit .* runs after each insert and delete/ }
      : { keyless: /no key by which our rows/, watched: /trigger watched_insert .* runs after each insert/ };
    await tryEverywhere(server, "db.insert_load", { rows_per_table: 120, batch_rows: 70 }, refused);
  });

  test("[CA-21] db.update_load leaves every table of the rich schema as it was, or says why it will not touch it", async () => {
    const watched = /trigger watched_version .* runs before each update/;
    const refused = { audit: empty, employees: closed, keyless: /no key by which its rows/, watched };
    await tryEverywhere(server, "db.update_load", { rows: 120, batch_rows: 70 }, refused);
  });

  test("[CA-21] every column of every type is changed, and comes back to the last bit", async () => {
    const look = () => photograph(server.url, server.engine);
    await using database = await openDatabase(server.url);
    const before = await look();
    const [summary] = (await database.tables()).filter(({ name }) => name === "every_type");
    const [table] = await database.describe([summary!]);
    // all rows have the same moods there
    const open = changeableColumns(table!).open.filter(({ name }) => name !== "some_moods");
    const sum = (name: string) =>
      onPostgres
        ? `md5(string_agg(format('%L', "${name}"), ',' ORDER BY id))`
        : `SHA1(GROUP_CONCAT(IFNULL(HEX(\`${name}\`), '~') ORDER BY id))`;
    const sums = async () => {
      const list = open.map(({ name }) => `${sum(name)} AS ${name}`);
      return (await server.admin.query(`SELECT ${list.join(", ")} FROM every_type`))[0]!;
    };
    const was = await sums();
    const columns = open.map(({ name }) => name);
    const fault = await DataFault.of(database, "db.update_load", { rows: 400, tables: ["every_type"], columns });
    await fault.inject();
    expect(fault.notes).toEqual([]);
    const became = await sums();
    const same = columns.filter((name) => was[name] === became[name]);
    expect(same, "columns that were not changed").toEqual([]);
    expect(outcomes(await fault.undo())).toEqual(["undone"]);
    expect(differences(before, await look(), { ignore: ["sessions", "locks"] })).toEqual([]);
  });
});

forEachDatabase((server) => {
  const onPostgres = server.engine === "postgres";
  beforeAll(() => server.admin.run(oddTables(server)));

  test("[CA-20] db.insert_load leaves tables of odd shapes as they were, or says why it will not touch them", async () => {
    const refused: Refused = onPostgres
      ? { ...(server.version >= 18 && { stays: /refuses every row .* 25 rows: 25 by stays_pkey/ }) }
      : { doubled: /refuses every row .* 25 by Out of range value/, no_transactions: /MyISAM has no transactions/ };
    await tryEverywhere(server, "db.insert_load", { rows_per_table: 25, batch_rows: 20 }, refused);
  });

  test("[CA-21] db.update_load leaves tables of odd shapes as they were, or says why it will not touch them", async () => {
    const refused: Refused = onPostgres
      ? {
          addresses: closed,
          empty_numbers: empty,
          empty_rules: empty,
          only_key: closed,
          students: closed,
          two_counters: closed,
        }
      : { empty_numbers: empty, no_transactions: /MyISAM/, only_key: closed, students: closed };
    await tryEverywhere(server, "db.update_load", { rows: 25, batch_rows: 20 }, refused);
  });
});
