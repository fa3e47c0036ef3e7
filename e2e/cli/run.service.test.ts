import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { eventsOf } from "./chaos.ts";
import { shopFile, withShop } from "./shop.ts";

const lockOnly = { duration: "4s", skills: ["lock"] } as const;

withShop((shop) => {
  test("a run breaks, undoes, verifies, and is there to be read in every form", async () => {
    await using playground = await shop.playground(shopFile({ shop: { duration: "8s" } }));
    const running = playground.start(["run", "shop.yaml", "--json", "--report", "out"]);
    expect(await running.event("fault-witnessed")).toMatchObject({ landed: true });
    expect(await shop.ordersAreLocked()).toBe(true);
    const { code, stdout, stderr } = await running.ended;
    expect(stderr).toContain("Passed");
    expect(code).toBe(0);
    await shop.expectWhole();
    const events = eventsOf(stdout);
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, i) => i + 1));

    expect(stderr).toContain("out/report.html");
    const written = (name: string) => readFile(playground.path(`out/${name}`), "utf8");
    expect(await written("report.html")).toMatch(/^<!doctype html>/i);
    expect(JSON.parse(await written("report.json"))).toMatchObject({ verdict: "passed" });
    expect(await written("junit.xml")).toContain("<testsuite");
    expect(eventsOf(await written("events.ndjson"))).toEqual(events);

    const { run } = events[0]!;
    expect(eventsOf((await playground.run(["events", "last", "--json"])).stdout)).toEqual(events);
    const [listed] = JSON.parse((await playground.run(["runs", "--json"])).stdout) as object[];
    expect(listed).toMatchObject({ run, verdict: "passed", pending: 0, live: false });
    const begins = { text: /^✔ Passed/, html: /^<!doctype html>/i, json: /^\{/, junit: /^<\?xml/ };
    for (const [format, start] of Object.entries(begins)) {
      const printed = await playground.run(["report", run.slice(0, -2), "--format", format]);
      expect(printed.stdout.trimStart()).toMatch(start);
    }
    await playground.run(["report", "last", "--format", "junit", "--out", "again.xml"]);
    expect(await readFile(playground.path("again.xml"), "utf8")).toContain("<testsuite");
  });

  test("a secret in the file is shown nowhere", async () => {
    const { password } = new URL(shop.url);
    // It stands where no secret belongs, too, and so comes along every way there is.
    const more = `    owner: "who knows ${password}"\n`;
    const text = shopFile({ literal: { ...lockOnly, more } }).replace("${DATABASE_URL}", shop.url);
    await using playground = await shop.playground(text);
    const running = await playground.run(["run", "shop.yaml"]);
    const others = [
      ["events", "last", "--json"],
      ["report", "last", "--format", "html"],
      ["discover", "shop.yaml"],
    ];
    const told = await Promise.all(others.map((args) => playground.run(args)));
    expect(running.stdout).toContain("who knows ***");
    for (const { code, stdout, stderr } of [running, ...told]) {
      expect(code).toBe(0);
      expect(stdout + stderr).not.toContain(password);
    }
  });

  describe("exit codes", () => {
    const probe = (role: string, expect: string) =>
      `    ${role}: [{ name: customers, type: sql, query: "SELECT count(*) FROM customers", expect: "${expect}" }]\n`;

    test("1: nothing matched, so nothing can land", async () => {
      const file = shopFile({ none: lockOnly }).replace("[orders]", "[nothing]");
      await using playground = await shop.playground(file);
      const { code, stdout } = await playground.run(["run", "shop.yaml"]);
      expect(stdout).toContain("nothing");
      expect(code).toBe(1);
    });

    test("2: a wrong file, told before anything is connected to", async () => {
      await using playground = await shop.playground(
        shopFile({ wrong: { duration: "soon" } }).replace("db_type", "dbtype"),
      );
      const { code, stderr } = await playground.run(["run", "shop.yaml"]);
      expect(stderr).toContain('"soon" is not a duration');
      expect(stderr).toContain('did you mean "db_type"?');
      expect(code).toBe(2);
    });

    test("2: a variable that is not set", async () => {
      await using playground = await shop.playground(shopFile({ unset: lockOnly }));
      const { code, stderr } = await playground.run(["run", "shop.yaml"], { env: { DATABASE_URL: undefined } });
      expect(stderr).toContain("DATABASE_URL");
      expect(code).toBe(2);
    });

    test("3: the steady state does not hold", async () => {
      const more = probe("steady_state", "== 1");
      await using playground = await shop.playground(shopFile({ sick: { ...lockOnly, more } }));
      const { code } = await playground.run(["run", "shop.yaml"]);
      expect(code).toBe(3);
    });

    test("5: a guard stops it, long before its time is over", async () => {
      const more = probe("guards", "<= 500");
      await using playground = await shop.playground(shopFile({ guarded: { duration: "1h", more } }));
      const { code, stdout } = await playground.run(["run", "shop.yaml"]);
      expect(stdout).toContain("Stopped by a guard");
      expect(code).toBe(5);
      await shop.expectWhole();
    });
  });

  describe("several experiments", () => {
    const three = { first: lockOnly, second: lockOnly, third: lockOnly };

    test("run in order, each with its own report, and the worst exit code stands", async () => {
      const [head, second, ...rest] = shopFile(three).split(/(?<=\n)(?= {2}- name)/);
      const file = [head, second, rest[0]!.replace("[orders]", "[nothing]"), ...rest.slice(1)].join("");
      await using playground = await shop.playground(file);
      const { code, stdout } = await playground.run(["run", "shop.yaml", "--json", "--report", "out"]);
      const ends = eventsOf(stdout).filter((event) => event.type === "run-finished");
      expect(ends.map(({ verdict }) => verdict)).toEqual(["passed", "refused", "passed"]);
      expect(code).toBe(1);
      for (const folder of ["1-first", "2-second", "3-third"]) {
        expect(existsSync(playground.path(`out/${folder}/report.html`))).toBe(true);
      }
    });

    test("--only runs one, and knows the nearest name", async () => {
      await using playground = await shop.playground(shopFile(three));
      const { code, stdout } = await playground.run(["run", "shop.yaml", "--only", "third", "--dry-run"]);
      expect(stdout).toContain("Plan for third");
      expect(stdout).not.toContain("first");
      expect(code).toBe(0);
      const wrong = await playground.run(["run", "shop.yaml", "--only", "thrid"]);
      expect(wrong.stderr).toContain('did you mean "third"?');
      expect(wrong.code).toBe(2);
    });

    test("none starts after one that was interrupted", async () => {
      const long = { ...lockOnly, duration: "1h" };
      await using playground = await shop.playground(shopFile({ first: long, second: long }));
      const running = playground.start(["run", "shop.yaml", "--json"]);
      await running.event("fault-injected");
      running.kill("SIGINT");
      const { code, stdout, stderr } = await running.ended;
      expect(eventsOf(stdout).filter(({ type }) => type === "run-started")).toHaveLength(1);
      expect(stderr).toContain("Not started after that: second");
      expect(code).toBe(130);
      await shop.expectWhole();
    });
  });

  test("--seed repeats what chance chose", async () => {
    await using playground = await shop.playground(shopFile({ shop: { duration: "1h" } }));
    const { stdout } = await playground.run(["run", "shop.yaml", "--dry-run", "--seed", "4711"]);
    expect(stdout).toContain("--seed 4711");
  });

  test("discover prints what is there, and --json the same for programs", async () => {
    await using playground = await shop.playground(shopFile({ shop: lockOnly }));
    expect((await playground.run(["discover", "shop.yaml"])).stdout).toContain("public.customers");
    const [found] = JSON.parse((await playground.run(["discover", "shop.yaml", "--json"])).stdout) as [
      { summary: string; tables: unknown[] },
    ];
    expect(found.summary).toContain("PostgreSQL");
    expect(found.tables.length).toBeGreaterThan(1);
  });
});
