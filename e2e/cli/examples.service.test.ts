import { globSync } from "node:fs";
import { join } from "node:path";
import {
  type DatabaseServer,
  type Engine,
  mariadbMissing,
  photograph,
  residues,
  startMariadb,
  startPostgres,
} from "@chaos-agents/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Playground, eventsOf, root } from "./chaos.ts";

/** The databases a file needs, by the variable that names each, and what it lets us make small. */
interface Example {
  file: string;
  databases: Record<string, Engine>;
  small?: Record<string, string>;
}

const lock = { LOCK_AT: "500ms", LOCK_FOR: "1s" };
const examples: Example[] = [
  { file: "example-db.yaml", databases: { DATABASE_URL: "postgres" }, small: { CHAOS_DURATION: "3s" } },
  { file: "db-idle-transactions.yaml", databases: { DATABASE_URL: "postgres" } },
  { file: "db-lock-in-rush-hour.yaml", databases: { DATABASE_URL: "postgres" }, small: lock },
  {
    file: "two-databases.yaml",
    databases: { SHOP_URL: "postgres", WAREHOUSE_URL: "mysql" },
    small: { ...lock, ROWS: "2000" },
  },
  {
    file: "two-databases.yaml",
    databases: { SHOP_URL: "mysql", WAREHOUSE_URL: "postgres" },
    small: { ...lock, ROWS: "2000" },
  },
];
const onlyRead = ["daemon.yaml", "example-llm.yaml"];
/** Run elsewhere: on a machine with systemd, on a cluster. */
const elsewhere = ["example-server.yaml", "example-k8s.yaml"];

const place = (file: string) => join(root, "config", file);

let playground: Playground;
beforeAll(async () => void (playground = await Playground.open()));
afterAll(() => playground[Symbol.asyncDispose]());

test("[CA-02] every file in config/ is run or checked here", () => {
  const known = [...examples.map(({ file }) => file), ...onlyRead, ...elsewhere];
  expect(globSync("*.yaml", { cwd: join(root, "config") }).sort()).toEqual([...new Set(known)].sort());
});

describe("files for what is run elsewhere, or not yet", () => {
  test.for([...onlyRead, ...elsewhere])("[CA-02] [CA-04] chaos validate config/%s", async (file) => {
    expect(await playground.run(["validate", place(file)])).toMatchObject({ code: 0 });
  });
});

test("[CA-02] [CA-09] chaos run config/example-k8s.yaml, where no cluster is configured, says so", async () => {
  const env = { KUBECONFIG: undefined, HOME: playground.folder };
  const { code, stdout } = await playground.run(["run", place("example-k8s.yaml"), "--yes"], { env });
  expect(code).not.toBe(0);
  expect(stdout).toContain("no cluster is configured");
});

describe("files for databases", () => {
  const servers = new Map<Engine, DatabaseServer>();
  const missing = process.env["CI"] === "true" ? undefined : mariadbMissing();

  // Of their own: these files change what a whole server shares.
  beforeAll(async () => {
    servers.set("postgres", await startPostgres({ version: 18 }));
    if (missing === undefined) servers.set("mysql", await startMariadb());
  });
  afterAll(async () => void (await Promise.all([...servers.values()].map((server) => server.stop()))));

  const titled = examples.map(
    (example) => [example.file, Object.values(example.databases).join(" and "), example] as const,
  );
  test.for(titled)("[CA-02] chaos run config/%s on %s", async ([, , example], { skip }) => {
    if (missing !== undefined && Object.values(example.databases).includes("mysql")) skip(missing);
    const shops = await Promise.all(
      Object.entries(example.databases).map(([name, engine]) => openShop(servers.get(engine)!, name)),
    );
    const before = await Promise.all(shops.map(({ look }) => look()));
    const env = { CHAOS_DURATION: "2s", ...example.small, ...Object.assign({}, ...shops.map((shop) => shop.env)) };
    const running = await playground.run(["run", place(example.file), "--yes", "--json"], { env });
    expect(running, running.stderr).toMatchObject({ code: 0 });

    const events = eventsOf(running.stdout);
    const planned = events.flatMap((event) =>
      event.type === "planned"
        ? event.faults.flatMap(({ fault, things }) => things.map(({ key }) => [event.run, fault, key]))
        : [],
    );
    const landed = events.flatMap((event) =>
      event.type === "fault-witnessed" && event.landed ? [[event.run, event.fault, event.thing]] : [],
    );
    expect(planned.length).toBeGreaterThan(1);
    expect(landed).toEqual(expect.arrayContaining(planned));
    const verdicts = new Set(events.flatMap((event) => (event.type === "run-finished" ? [event.verdict] : [])));
    expect(verdicts).toEqual(new Set(["passed"]));

    for (const [index, { look }] of shops.entries()) {
      // A server ends a session a moment after its client is gone; sequences stay advanced.
      const different = async () => residues(before[index]!, await look(), { ignore: ["sequences"] });
      await expect.poll(different, { timeout: 10_000 }).toEqual([]);
    }
  });
});

/** A database with a few tables and rows, and the variables that say where it is. */
async function openShop(server: DatabaseServer, variable: string) {
  const onPostgres = server.engine === "postgres";
  const key = onPostgres
    ? "integer GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY"
    : "integer AUTO_INCREMENT PRIMARY KEY";
  const numbers = onPostgres ? "generate_series(1, 2000) AS g (seq)" : "seq_1_to_2000";
  const name = `examples_${databases++}`;
  const url = await server.createDatabase(name);
  await server.run(
    [
      `CREATE TABLE customers (id ${key}, name varchar(80) NOT NULL, email varchar(120) UNIQUE)`,
      `INSERT INTO customers (name, email) SELECT concat('customer ', seq), concat(seq, '@shop.test') FROM ${numbers}`,
      `CREATE TABLE orders (id ${key}, customer_id integer NOT NULL REFERENCES customers (id), placed_on date NOT NULL,
         total numeric(10, 2) NOT NULL CHECK (total >= 0), note text)`,
      `INSERT INTO orders (customer_id, placed_on, total, note)
         SELECT seq, '2026-11-04', seq / 7.0, CASE WHEN seq % 2 = 0 THEN 'in a hurry' END FROM ${numbers}`,
      onPostgres ? "ANALYZE" : "ANALYZE TABLE customers, orders",
    ],
    name,
  );
  return {
    env: { [variable]: url, DATABASE_PORT: String(server.port) },
    look: () => photograph(url, server.engine),
  };
}
let databases = 0;
