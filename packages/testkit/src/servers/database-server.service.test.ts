import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { forEachDatabase } from "../databases.ts";
import { administer } from "./database-admin.ts";
import { mariadbMissing, startMariadb } from "./mariadb-server.ts";
import { startPostgres } from "./postgres-server.ts";
import { processTree, stillRunning } from "./process-tree.ts";

forEachDatabase(
  (db) => {
    const server = () => db.server!;

    test("keeps its data, port and settings over a restart", async () => {
      await db.admin.run(["CREATE TABLE restarted (id integer)", "INSERT INTO restarted VALUES (1)"]);
      const [pid, port] = [server().pid, server().port];
      await server().restart();
      expect(server().pid).not.toBe(pid);
      expect(server().port).toBe(port);
      expect(await stillRunning([pid])).toEqual([]);
      expect(await db.admin.query("SELECT id FROM restarted")).toEqual([{ id: 1 }]);
      const [setting] = await db.admin
        .query("SHOW VARIABLES LIKE 'max_connections'")
        .catch(() => db.admin.query("SHOW max_connections"));
      expect(Object.values(setting!)).toContain("37");
    });

    test("is gone at once when killed, and recovers what was committed", async () => {
      await db.admin.run(["CREATE TABLE killed (id integer)", "INSERT INTO killed VALUES (1)"]);
      const all = await processTree(server().pid);
      if (db.engine === "postgres") expect(all.length).toBeGreaterThan(3);
      const open = db.admin.query(db.engine === "postgres" ? "SELECT pg_sleep(3600)" : "SELECT SLEEP(3600)");
      open.catch(() => {});
      await server().kill();
      await expect(open).rejects.toThrow();
      expect(await stillRunning(all)).toEqual([]);
      expect(existsSync(server().directory)).toBe(true);
      await expect(db.admin.query("SELECT 1")).rejects.toThrow("ECONNREFUSED");
      expect(() => server().pid).toThrow("is not running");
      await server().restart();
      expect(await db.admin.query("SELECT id FROM killed")).toEqual([{ id: 1 }]);
    });

    test("logs every statement a client sends, whole", async () => {
      const sql = "SELECT 'first line\nsecond line',\n\t'third'";
      await db.admin.query(sql);
      const bound = db.engine === "postgres" ? "SELECT $1::integer + 4000" : "SELECT ? + 4000";
      await db.admin.query(bound, [7]);
      const seen = (await server().statements()).map((statement) => statement.sql);
      expect(seen).toContain(sql);
      expect(seen).toContain(db.engine === "postgres" ? bound : "SELECT 7 + 4000");
    });

    test("makes users who may do only what they were granted", async () => {
      await db.admin.run(["CREATE TABLE secrets (id integer)", "CREATE TABLE open_to_all (id integer)"]);
      const name = 'o\'dd "user"';
      const grantee = db.engine === "postgres" ? `"o'dd ""user"""` : "'o''dd \"user\"'@'%'";
      const url = await server().createUser(name, {
        database: db.name,
        grants: [`GRANT SELECT ON open_to_all TO ${grantee}`],
      });
      const theirs = administer(db.engine, url);
      expect(await theirs.query("SELECT * FROM open_to_all")).toEqual([]);
      await expect(theirs.query("SELECT * FROM secrets")).rejects.toThrow(/denied/);
    });

    test("drops a database that others still use", async () => {
      const url = await server().createDatabase('us`ed "up');
      const inUse = administer(db.engine, url).query(
        db.engine === "postgres" ? "SELECT pg_sleep(3600)" : "SELECT SLEEP(3600)",
      );
      inUse.catch(() => {});
      const visible =
        db.engine === "postgres"
          ? "SELECT count(*)::int AS n FROM pg_stat_activity WHERE query LIKE '%sleep(3600)' AND datname LIKE 'us%'"
          : "SELECT COUNT(*) AS n FROM information_schema.processlist WHERE info LIKE '%SLEEP(3600)' AND db LIKE 'us%'";
      while (Number((await db.admin.query(visible))[0]!["n"]) === 0) await delay(10);
      await server().dropDatabase('us`ed "up');
      await expect(inUse).rejects.toThrow();
      await expect(administer(db.engine, url).query("SELECT 1")).rejects.toThrow();
    });
  },
  { alone: { settings: { postgres: { max_connections: 37 }, mysql: { max_connections: 37 } } } },
);

test("two PostgreSQL and two MariaDB side by side know nothing of each other", async () => {
  const start = [() => startPostgres({ version: 18 }), () => startPostgres({ version: 18 })];
  if (!mariadbMissing() || process.env["CI"] === "true")
    start.push(
      () => startMariadb(),
      () => startMariadb(),
    );
  const servers = await Promise.all(start.map((one) => one()));
  try {
    await Promise.all(servers.map((server, i) => server.createDatabase(`only_${i}`)));
    for (const [i, server] of servers.entries()) {
      const list =
        server.engine === "postgres"
          ? "SELECT datname AS name FROM pg_database"
          : "SELECT schema_name AS name FROM information_schema.schemata";
      const names = (await server.query(list))
        .map((row) => String(row["name"]))
        .filter((name) => name.startsWith("only_"));
      expect(names).toEqual([`only_${i}`]);
    }
    await servers[0]!.kill();
    for (const server of servers.slice(1)) await server.query("SELECT 1");
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
  for (const server of servers) expect(existsSync(server.directory)).toBe(false);
});

test.runIf(existsSync("/proc/sysvipc/shm"))(
  "a killed PostgreSQL that never comes back leaves no shared memory",
  async () => {
    const server = await startPostgres({ version: 18 });
    const lines = (await readFile(join(server.directory, "data", "postmaster.pid"), "utf8")).split("\n");
    const id = lines[6]!.trim().split(/\s+/)[1]!;
    const segments = async () =>
      (await readFile("/proc/sysvipc/shm", "utf8")).split("\n").map((line) => line.trim().split(/\s+/)[1]);
    expect(await segments()).toContain(id);
    await server.kill();
    expect(await segments()).toContain(id);
    await server.stop();
    expect(await segments()).not.toContain(id);
  },
);

test("says what the server said when it cannot start", async () => {
  await expect(startPostgres({ version: 18, settings: { no_such_setting: 1 } })).rejects.toThrow(
    /PostgreSQL 18 ended while starting[^]*no_such_setting/,
  );
});
