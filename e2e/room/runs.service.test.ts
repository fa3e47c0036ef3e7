import { mkdir, writeFile } from "node:fs/promises";
import type { Event } from "@chaos-agents/core";
import { Client } from "pg";
import { describe, expect, test } from "vitest";
import { withShop } from "../cli/shop.ts";
import { Room } from "./room.ts";

const experiment = (name: string, duration: string, skill: object) => ({
  name,
  target: "database",
  target_config: { connection_url: "${DATABASE_URL}", db_type: "postgres" },
  duration,
  skills: [skill],
});
const lock = { skill_name: "db.table_lock", params: { tables: ["orders"] } };
const rows = { skill_name: "db.insert_load", params: { tables: ["customers"], rows_per_table: 20 } };
/** Breaks nothing, so that a busy machine cannot make it fail. */
const quiet = (name: string) => ({
  name,
  duration: "200ms",
  steady_state: [{ name: "true", type: "command", argv: ["true"] }],
});
const text = (...experiments: object[]) => JSON.stringify({ experiments });
const long = text(experiment("locked", "10m", lock));

const typesOf = (events: readonly Event[]) => events.map(({ type }) => type);
const seen = async (events: AsyncGenerator<Event>, type: Event["type"]) => {
  const all: Event[] = [];
  for await (const event of events) {
    all.push(event);
    if (event.type === type) break;
  }
  return all;
};

describe("a run from the control room", () => {
  withShop((shop) => {
    const open = async (words: readonly string[] = []) => {
      const playground = await shop.playground(long);
      await mkdir(playground.path("config"));
      await writeFile(playground.path("config/shop.yaml"), long);
      return await Room.open(playground, words);
    };
    const start = async (room: Room, body: object) => {
      const answer = await room.ask("POST", "/runs", body);
      expect([answer.status, answer.body.message]).toEqual([202, undefined]);
      return answer.body.jobs as { id: string; run: string }[];
    };

    test("is seen before it is made, approved, watched to its end, and reported", async () => {
      await using room = await open();
      const body = { text: text(experiment("rows", "4s", rows)) };
      const { body: asked } = await room.ask("POST", "/dry-run", body);
      expect(await room.ended(asked.job)).toMatchObject({ state: "done", exitCode: 0 });
      const { body: dry } = await room.ask("GET", `/jobs/${asked.job.id}/result`);
      expect(dry.report.faults[0].things[0].label).toContain("insert 20 rows into");
      await shop.expectWhole();

      const [job] = await start(room, { ...body, approved: dry.plan, seed: dry.seed });
      const events = await Array.fromAsync(room.events(job!.run));
      expect(events.map(({ seq }) => seq)).toEqual(events.map((_, i) => i + 1));
      expect(events.at(-1)).toMatchObject({ type: "run-finished", verdict: "passed" });
      expect(await room.ended(job!)).toMatchObject({ state: "done", exitCode: 0 });
      const { body: report } = await room.ask("GET", `/runs/${job!.run}/report`);
      expect(report).toMatchObject({ verdict: "passed", undos: [{ outcome: "undone", residues: [] }] });
      expect((await room.ask("GET", `/runs/${job!.run}/report.html`)).body).toContain("<svg");
      expect((await room.ask("GET", "/runs?q=rows&verdict=passed")).body).toMatchObject({
        total: 1,
        runs: [{ run: job!.run }],
      });
      expect((await room.ask("GET", "/audit")).body.entries.map(({ action }: any) => action)).toEqual([
        "run",
        "dry-run",
      ]);
      await shop.expectWhole();
    });

    test("is refused when what is there is no longer what was approved", async () => {
      await using room = await open();
      const body = { text: text(experiment("rows", "4s", { ...rows, params: { rows_per_table: 20 } })) };
      const { body: asked } = await room.ask("POST", "/dry-run", body);
      await room.ended(asked.job);
      const { body: dry } = await room.ask("GET", `/jobs/${asked.job.id}/result`);
      await shop.admin.run(["CREATE TABLE late_comers (id int PRIMARY KEY)"]);
      try {
        const [job] = await start(room, { ...body, approved: dry.plan, seed: dry.seed });
        expect((await Array.fromAsync(room.events(job!.run))).at(-1)).toMatchObject({
          verdict: "refused",
          reason: "the plan is not the one that was approved: what is there has changed",
        });
        expect(await shop.admin.query("SELECT * FROM late_comers")).toEqual([]);
      } finally {
        await shop.admin.run(["DROP TABLE late_comers"]);
      }
    });

    test("stops in the middle when it is told to, and puts everything back", async () => {
      await using room = await open();
      const [job] = await start(room, { file: "config/shop.yaml" });
      await seen(room.events(job!.run), "fault-witnessed");
      expect(await shop.ordersAreLocked()).toBe(true);
      expect((await room.ask("POST", `/runs/${job!.run}/stop`, { reason: "enough" })).status).toBe(202);
      expect(await room.ended(job!)).toMatchObject({ state: "failed", exitCode: 5 });
      expect((await Array.fromAsync(room.events(job!.run))).at(-1)).toMatchObject({
        verdict: "halted",
        reason: "owner stopped this run: enough",
      });
      await shop.expectWhole();
    });

    test("goes on when the room is killed, and is taken up by the next one without an event lost", async () => {
      await using room = await open();
      const [job, waiting] = [
        ...(await start(room, { file: "config/shop.yaml" })),
        ...(await start(room, { text: text(quiet("later"), quiet("last")) })),
      ];
      const before = await seen(room.events(job!.run), "fault-witnessed");
      await room.kill();
      expect(await shop.ordersAreLocked()).toBe(true);
      await room.restart();
      expect((await room.ask("GET", `/jobs/${job!.id}`)).body.state).toBe("running");
      await room.ask("POST", `/runs/${job!.run}/stop`, {});
      const after = await Array.fromAsync(room.events(job!.run, before.length));
      expect([...before, ...after].map(({ seq }) => seq)).toEqual([...before, ...after].map((_, i) => i + 1));
      expect(after.at(-1)!.type).toBe("run-finished");
      expect((await room.ended(job!)).exitCode).toBe(5);
      expect((await room.ended(waiting!)).state).toBe("done");
      await shop.expectWhole();
    });

    test("is undone by the room when its process was killed", async () => {
      await using room = await open();
      const [job] = await start(room, { file: "config/shop.yaml" });
      await seen(room.events(job!.run), "fault-witnessed");
      const jobs = room.stream("/events", "job");
      await room.playground.run(["-f", `run-id ${job!.run}`, "-9"], { command: "pkill" });
      for await (const { kind, run, state } of jobs)
        if (kind === "recover" && run === job!.run && state === "done") break;
      expect((await room.ask("GET", `/runs/${job!.run}`)).body).toMatchObject({ verdict: "interrupted", pending: 0 });
      await shop.expectWhole();
    });

    test("undoes when the room is closed in order, and what waited is there for the next", async () => {
      await using room = await open(["--at-once", "1"]);
      const [job] = await start(room, { file: "config/shop.yaml" });
      const [waiting] = await start(room, { text: text(quiet("later")) });
      await seen(room.events(job!.run), "fault-witnessed");
      room.process.kill("SIGTERM");
      expect((await room.process.ended).code).toBe(0);
      await shop.expectWhole();
      await room.restart();
      expect((await room.ask("GET", `/jobs/${job!.id}`)).body).toMatchObject({ state: "failed", exitCode: 5 });
      expect((await room.ended(waiting!)).state).toBe("done");
      await shop.expectWhole();
    });

    test("that a terminal started is live here, and can be stopped here", async () => {
      await using room = await open();
      const news = room.stream("/events", "run");
      const running = room.playground.start(["run", "shop.yaml", "--yes", "--json"]);
      const { run } = await running.event("fault-witnessed");
      for await (const one of news) if (one.run === run && one.live) break;
      const events = room.events(run);
      expect(typesOf(await seen(events, "fault-witnessed"))).toContain("undo-recorded");
      const ended = room.stream("/events", "run");
      expect(await ended.next()).toMatchObject({ value: { run, live: true } });
      await room.ask("POST", `/runs/${run}/stop`, { reason: "from the room" });
      expect((await running.ended).code).toBe(5);
      for await (const one of ended) if (one.run === run && !one.live) break;
      expect((await room.ask("GET", "/runs?state=live")).body.total).toBe(0);
      await shop.expectWhole();
    });

    test("halting here stops every run and blocks new ones until somebody resumes", async () => {
      await using room = await open();
      const [job] = await start(room, { file: "config/shop.yaml" });
      await seen(room.events(job!.run), "fault-witnessed");
      await room.ask("POST", "/halt", { reason: "incident" });
      expect((await room.ended(job!)).exitCode).toBe(5);
      expect((await room.ask("POST", "/runs", { file: "config/shop.yaml" })).status).toBe(423);
      expect((await room.playground.run(["run", "shop.yaml", "--yes"])).code).toBe(5);
      await room.ask("DELETE", "/halt");
      const [again] = await start(room, { text: text(experiment("rows", "4s", rows)) });
      expect((await room.ended(again!)).state).toBe("done");
      await shop.expectWhole();
    });

    test("whose journal is lost is seen by doctor, and swept", async () => {
      await using room = await open();
      const client = new Client({ connectionString: shop.url, application_name: "chaos/lost/1" });
      const gone = new Promise((resolve) => client.on("error", resolve));
      await client.connect();
      await using _ = { [Symbol.asyncDispose]: () => client.end() };
      const result = async (kind: string) => {
        const { job } = (await room.ask("POST", `/${kind}`, { file: "config/shop.yaml" })).body;
        expect(await room.ended(job)).toMatchObject({ kind, state: "done" });
        return (await room.ask("GET", `/jobs/${job.id}/result`)).body;
      };
      expect((await result("doctor")).targets).toMatchObject([
        { marks: [{ detail: expect.stringContaining("lost") }] },
      ]);
      expect((await result("sweep")).said).toMatch(/session \d+ \(chaos\/lost\/1.*: undone/);
      await gone;
      expect((await result("doctor")).targets).toMatchObject([{ marks: [] }]);
      await shop.expectWhole();
    });

    test("twenty at once: none is lost, and no more than allowed go on beside each other", async () => {
      await using room = await open(["--at-once", "3"]);
      let most = 0;
      const live = new Set<string>();
      const done = new Set<string>();
      const jobs = room.stream("/events", "job");
      const started = await Promise.all(
        Array.from({ length: 20 }, (_, i) => start(room, { text: text(quiet(`run ${i}`)) })),
      );
      const ids = new Set(started.flat().map(({ id }) => id));
      for await (const { id, state } of jobs) {
        if (!ids.has(id)) continue;
        if (state === "running") live.add(id);
        else live.delete(id);
        most = Math.max(most, live.size);
        if (state === "done" || state === "failed") done.add(id);
        if (done.size === 20) break;
      }
      expect(most).toBe(3);
      const { body } = await room.ask("GET", "/runs?verdict=observed");
      expect(new Set(body.runs.map(({ run }: any) => run))).toEqual(new Set(started.flat().map(({ run }) => run)));
      await shop.expectWhole();
    });
  });
});
