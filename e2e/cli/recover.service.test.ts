import { rename, rm } from "node:fs/promises";
import type { Event } from "@chaos-agents/core";
import { openStore } from "@chaos-agents/journal";
import { Client } from "pg";
import { describe, expect, test } from "vitest";
import { type Playground, launcher } from "./chaos.ts";
import { shopFile, withShop } from "./shop.ts";

const observing = (event: Event) => event.type === "phase-started" && event.phase === "observe";

async function killedRun(playground: Playground): Promise<string> {
  const running = playground.start(["run", "shop.yaml", "--json"]);
  const { run } = await running.event(observing);
  running.kill("SIGKILL");
  await running.ended;
  return run;
}

withShop((shop) => {
  const file = shopFile({ shop: { duration: "1h" } });
  const rows = async () => (await shop.admin.query("SELECT count(*)::int AS n FROM customers"))[0]!["n"];

  test("what a killed run left is listed, undone by its id, and then nothing is left", async () => {
    await using playground = await shop.playground(file);
    const run = await killedRun(playground);
    expect(await rows()).toBe(700);
    const listed = await playground.run(["runs"]);
    expect(listed.stdout).toContain("left to undo");
    expect(listed.stdout).toContain("`chaos recover --all`");
    const open = await playground.run(["recover"]);
    expect(open.stdout).toContain("`chaos recover --all`");
    expect(open.code).toBe(4);
    const doctor = await playground.run(["doctor", "shop.yaml", "--json"]);
    expect(doctor.code).toBe(4);
    expect(JSON.parse(doctor.stdout)).toMatchObject({ open: [{ run }] });

    const recovered = await playground.run(["recover", run]);
    expect(recovered.stdout).toContain("everything it changed is put back");
    expect(recovered.code).toBe(0);
    await shop.expectWhole();
    expect(await playground.run(["recover"])).toMatchObject({ code: 0, stdout: "Nothing is left to undo.\n" });
    expect(await playground.run(["recover", run])).toMatchObject({ code: 0 });
    expect(await playground.run(["doctor", "shop.yaml"])).toMatchObject({ code: 0 });
    const { stdout } = await playground.run(["report", run]);
    expect(stdout).toContain("Interrupted");
  });

  test("a new run says so first, and on a terminal offers to undo it", async () => {
    await using playground = await shop.playground(file);
    const run = await killedRun(playground);
    const typed = `stty cols 100 rows 40; exec ${launcher} run shop.yaml`;
    const running = playground.start(["-qefc", typed, "/dev/null"], { command: "script", env: { TERM: "xterm" } });
    await running.printed("Undo that first?");
    running.child.stdin!.write("y\n");
    await running.printed("Run it?");
    expect(await rows()).toBe(500);
    running.child.stdin!.write("n\n");
    expect((await running.ended).stdout).toContain(`run ${run} (shop) ended early`);
    await shop.expectWhole();
  });

  test("two recoveries at once do not collide", async () => {
    await using playground = await shop.playground(file);
    await killedRun(playground);
    const both = await Promise.all([playground.run(["recover", "--all"]), playground.run(["recover", "--all"])]);
    const codes = both.map(({ code }) => code);
    expect(codes).toContain(0);
    for (const { code, stderr } of both) if (code !== 0) expect(stderr).toContain("error: ");
    await shop.expectWhole();
  });

  describe("what cannot be done is told", () => {
    test("with 2 where a variable of then is missing now, and nothing is lost", async () => {
      await using playground = await shop.playground(file);
      const run = await killedRun(playground);
      const { code, stderr } = await playground.run(["recover", run], { env: { DATABASE_URL: undefined } });
      expect(stderr).toContain("export DATABASE_URL");
      expect(code).toBe(2);
      expect(await playground.run(["recover", "--all"])).toMatchObject({ code: 0 });
      await shop.expectWhole();
    });

    test("when a live run is to be recovered or swept", async () => {
      await using playground = await shop.playground(file);
      const running = playground.start(["run", "shop.yaml", "--json"]);
      await running.event(observing);
      const recover = await playground.run(["recover", "last"]);
      expect(recover.code).toBe(1);
      expect(recover.stderr).toMatch(/hint: /);
      const sweep = await playground.run(["recover", "--sweep", "shop.yaml"]);
      expect(sweep.stderr).toContain("is live");
      expect(sweep.code).toBe(1);
      running.kill("SIGTERM");
      expect(await running.ended).toMatchObject({ code: 130 });
      await shop.expectWhole();
    });
  });

  describe("with the journal lost", () => {
    const limits =
      "Only sessions carry our mark; rows, settings and indexes that a run changed are known to its journal";

    test("doctor and --sweep say what they see and what they cannot, and claim no more", async () => {
      await using playground = await shop.playground(file);
      const run = await killedRun(playground);
      await expect.poll(() => shop.sessions()).toEqual([]);
      await rename(playground.home, playground.path("kept"));
      expect(await rows()).toBe(700);
      for (const command of [["doctor"], ["recover", "--sweep"]]) {
        const { code, stdout } = await playground.run([...command, "shop.yaml"]);
        expect(stdout).toContain("no sessions of ours\n");
        expect(stdout).toContain(limits);
        expect(stdout).not.toContain("nothing of ours");
        expect(stdout.trimEnd().split("\n")).toHaveLength(2);
        expect(code).toBe(0);
      }
      const { stdout } = await playground.run(["doctor", "shop.yaml", "--json"]);
      expect(JSON.parse(stdout)).toMatchObject({
        targets: [{ marks: [], sight: { marked: "sessions", unmarked: "rows, settings and indexes" } }],
        open: [],
      });
      expect(await openStore(playground.home).list()).toEqual([]);

      await rm(playground.home, { recursive: true, force: true });
      await rename(playground.path("kept"), playground.home);
      expect(await playground.run(["recover", run])).toMatchObject({ code: 0 });
      await shop.expectWhole();
    });

    test("--sweep ends sessions that carry our mark, with one line each", async () => {
      await using playground = await shop.playground(file);
      const client = new Client({ connectionString: shop.url, application_name: "chaos/lost/1" });
      const gone = new Promise((resolve) => client.on("error", resolve));
      await client.connect();
      await client.query("SELECT 'a',\n\t'b'\n");
      const { code, stdout } = await playground.run(["recover", "--sweep", "shop.yaml"]);
      expect(code).toBe(0);
      const [line, ...more] = stdout.trimEnd().split("\n");
      expect(line).toMatch(
        /^database: session (\d+) \(chaos\/lost\/1, idle: SELECT 'a', 'b'\): undone, ended session \1$/,
      );
      expect(more).toEqual([expect.stringContaining(limits)]);
      await gone;
      await shop.expectWhole();
    });
  });
});
