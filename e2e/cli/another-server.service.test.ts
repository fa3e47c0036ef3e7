import { writeFile } from "node:fs/promises";
import { type DatabaseAdmin, startMariadb, startPostgres } from "@chaos-agents/testkit";
import { type TestDatabase, forEachDatabase } from "@chaos-agents/testkit/vitest";
import { expect, test } from "vitest";
import { Playground } from "./chaos.ts";

const file = `experiments:
  - name: moved away
    target: database
    target_config: { connection_url: "\${DATABASE_URL}" }
    duration: 1h
    skills: [{ skill_name: db.insert_load, params: { tables: [customers], rows_per_table: 50 } }]
`;
const tables = [
  "CREATE TABLE customers (id int PRIMARY KEY, name varchar(80) NOT NULL)",
  "INSERT INTO customers VALUES (1, 'first'), (2, 'second')",
];
const customers = async (admin: DatabaseAdmin) =>
  Number((await admin.query("SELECT count(*) AS n FROM customers"))[0]!["n"]);
const changes = /\b(INSERT|DELETE|UPDATE|ALTER|DROP|TRUNCATE|KILL|pg_terminate_backend)\b/i;

async function shopPlayground({ url }: TestDatabase): Promise<Playground> {
  const playground = await Playground.open({ DATABASE_URL: url });
  await writeFile(playground.path("shop.yaml"), file);
  return playground;
}

async function killedRun(playground: Playground): Promise<string> {
  const running = playground.start(["run", "shop.yaml", "--json"]);
  const { run } = await running.event((event) => event.type === "phase-started" && event.phase === "observe");
  running.kill("SIGKILL");
  await running.ended;
  return run;
}

/** The same tables on a server of the same kind. */
async function refusedElsewhere(playground: Playground, run: string, { engine, version, name }: TestDatabase) {
  await using wrong = await (engine === "mysql"
    ? startMariadb()
    : startPostgres({ version: version === 13 ? 13 : 18 }));
  const env = { DATABASE_URL: await wrong.createDatabase(name) };
  await wrong.run(tables, name);
  const before = (await wrong.statements()).length;
  for (const words of [[run], ["--all"]]) {
    const refused = await playground.run(["recover", ...words], { env });
    expect(refused.stderr).toContain("is another server or database than the one the run broke");
    expect(refused.stderr).toContain(`chaos recover ${run} --moved`);
    expect(refused.code).toBe(2);
  }
  const said = (await wrong.statements()).slice(before).map(({ sql }) => sql);
  expect(said).not.toEqual([]);
  expect(said.filter((sql) => changes.test(sql))).toEqual([]);
}

forEachDatabase((right) => {
  test("a recovery whose variables lead to another server is refused and touches nothing; with the right one it undoes", async () => {
    await right.admin.run(tables);
    await using playground = await shopPlayground(right);
    const run = await killedRun(playground);
    expect(await customers(right.admin)).toBe(52);
    await refusedElsewhere(playground, run, right);
    expect(await customers(right.admin)).toBe(52);

    const undone = await playground.run(["recover", run]);
    expect(undone.stdout).toContain("everything it changed is put back");
    expect(undone.code).toBe(0);
    expect(await customers(right.admin)).toBe(2);
  });

  // a MySQL server's databases are all one to its identity
  if (right.engine !== "postgres") return;
  test("--moved undoes there even so", async () => {
    await using playground = await shopPlayground(right);
    const run = await killedRun(playground);
    const other = `${right.name}_moved`;
    const env = { DATABASE_URL: await right.admin.createDatabase(other) };
    try {
      expect(await playground.run(["recover", run], { env })).toMatchObject({ code: 2 });
      const undone = await playground.run(["recover", run, "--moved"], { env });
      expect(undone.stdout).toContain("public.customers is gone");
      expect(undone.code).toBe(0);
    } finally {
      await right.admin.dropDatabase(other);
    }
  });
});
