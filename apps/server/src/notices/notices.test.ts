import { readFile, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { eventsOf, leftOver, putBack, recovery, standing } from "../metrics/some-run.fixture.ts";
import { Desk, ids } from "./desk.fixture.ts";
import { noticesOf, putBackRun, recoveredRun } from "./notice.fixture.ts";

const wholeRun = noticesOf(putBackRun).map(({ id }) => id);
const day = 24 * 3_600_000;
const onCall = (url: string) => ({ pagerduty: { url, routingKey: "R".repeat(32) } });

test("[CA-52] a receiver that is down, then too busy, then broken, then well: each notice once, in order", async () => {
  await using desk = await Desk.open();
  const { ear } = desk;
  await ear.close();
  desk.tell(putBackRun);
  await desk.clock.asleepFor(1_000);
  ear.answerWith({ status: 429, headers: { "retry-after": "7" } });
  ear.answerWith({ status: 500 }, 2);
  await ear.listen();
  desk.clock.advance(1_000);
  await desk.afterPause(7_000);
  await desk.afterPause(4_000);
  await desk.afterPause(8_000);
  await ear.heardAtLeast(7);
  await desk.restart();
  expect(ids(ear.heard)).toEqual([...Array<string>(3).fill(wholeRun[0]!), ...wholeRun]);
  expect(desk.logged).toEqual([
    expect.stringMatching(/^notices to webhook wait, r1\/1 is the first: .*ECONNREFUSED/),
    "notices to webhook are delivered again",
  ]);
});

test("pauses grow up to ten minutes", async () => {
  await using desk = await Desk.open();
  desk.ear.answerWith({ status: 500 }, 12);
  desk.tell(putBackRun.slice(0, 1));
  for (const seconds of [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600]) await desk.afterPause(seconds * 1_000);
  await desk.ear.heardAtLeast(13);
});

test("an event that is told twice is sent once, also after a restart", async () => {
  await using desk = await Desk.open();
  desk.tell([...putBackRun, ...putBackRun]);
  await desk.ear.heardAtLeast(wholeRun.length);
  await desk.restart();
  desk.tell(putBackRun);
  desk.tell(eventsOf("r2", standing));
  await desk.ear.heardAtLeast(wholeRun.length + 2);
  await desk.restart();
  expect(ids(desk.ear.heard)).toEqual([...wholeRun, "r2/1", "r2/15"]);
});

test("what was not delivered before a restart is delivered after it", async () => {
  await using desk = await Desk.open();
  await desk.ear.close();
  desk.tell(putBackRun);
  await desk.clock.asleepFor(1_000);
  await desk.restart();
  await desk.clock.asleepFor(1_000);
  await desk.ear.listen();
  desk.clock.advance(1_000);
  expect(ids(await desk.ear.heardAtLeast(wholeRun.length))).toEqual(wholeRun);
});

test("a notice that fails holds up its own run only", async () => {
  await using desk = await Desk.open();
  desk.ear.answerWith({ status: 500 });
  desk.tell(eventsOf("r1", standing));
  await desk.clock.asleepFor(1_000);
  desk.tell(eventsOf("r2", standing));
  desk.clock.advance(1_000);
  const heard = ids(await desk.ear.heardAtLeast(5));
  expect(heard.slice(0, 3)).toEqual(["r1/1", "r2/1", "r2/15"]);
  expect(heard.slice(3)).toEqual(["r1/1", "r1/15"]);
});

test("a notice that is refused for what it is is given up, and said; the next ones go on", async () => {
  await using desk = await Desk.open();
  desk.ear.answerWith({ status: 400, body: "no such field" });
  desk.tell(putBackRun);
  expect(ids(await desk.ear.heardAtLeast(wholeRun.length))).toEqual(wholeRun);
  expect(desk.logged).toEqual(['notice r1/1 to webhook was given up: status 400 "no such field"']);
});

test("what cannot be delivered for a day is given up", async () => {
  await using desk = await Desk.open();
  desk.ear.answerWith({ status: 500 });
  desk.ear.answerWith({ status: 503, headers: { "retry-after": "99999999999" } });
  desk.ear.answerWith({ status: 500 });
  desk.tell(putBackRun.slice(0, 1));
  await desk.afterPause(1_000);
  await desk.afterPause(day);
  await desk.ear.heardAtLeast(3);
  desk.tell(eventsOf("r2", standing.slice(0, 1)));
  expect(ids(await desk.ear.heardAtLeast(4))).toEqual(["r1/1", "r1/1", "r1/1", "r2/1"]);
  expect(desk.logged.at(1)).toBe('notice r1/1 to webhook was given up: status 500 "ok"');
});

test("a receiver that never answers is given ten seconds", async () => {
  await using desk = await Desk.open();
  desk.ear.answerWith("never");
  desk.tell(putBackRun);
  await desk.ear.heardAtLeast(1);
  await desk.afterPause(10_000);
  await desk.afterPause(1_000);
  expect(ids(await desk.ear.heardAtLeast(1 + wholeRun.length)).slice(1)).toEqual(wholeRun);
  expect(desk.logged[0]).toContain("no answer within 10 s");
});

test("a redirect is not followed: only configured addresses hear of anything", async () => {
  await using other = await Desk.open();
  await using desk = await Desk.open();
  desk.ear.answerWith({ status: 307, headers: { location: `${other.ear.url}/in` } });
  desk.tell(putBackRun);
  await desk.afterPause(1_000);
  await desk.ear.heardAtLeast(1 + wholeRun.length);
  expect(other.ear.heard).toEqual([]);
});

test("neither the log nor the disk has what lets somebody in, even if the receiver repeats it", async () => {
  const key = "Rk4711Rk4711Rk4711Rk4711Rk4711Rk";
  const secret = "a secret of some length";
  await using desk = await Desk.open((url) => ({
    webhook: { url: `${url}/in/T0KEN4711?key=QU3RY4711`, secret },
    grafana: { url, token: "glsa_4711" },
    datadog: { url, key: "dd_api_4711" },
    pagerduty: { url, routingKey: key },
  }));
  const echo = `/in/T0KEN4711 ?key=QU3RY4711 ${secret} glsa_4711 dd_api_4711 ${key} `;
  desk.ear.answerWith({ status: 500, body: echo.repeat(99_999) }, 20);
  desk.tell(recoveredRun);
  await desk.ear.heardAtLeast(4);
  await desk.restart();
  expect(desk.logged.length).toBeGreaterThanOrEqual(4);
  const files = await Promise.all(
    (await readdir(desk.folder)).map((name) => readFile(join(desk.folder, name), "latin1")),
  );
  for (const text of [...desk.logged, ...files])
    expect(text).not.toMatch(/T0KEN4711|QU3RY|a secret of|glsa_|dd_api|Rk47/);
  for (const line of desk.logged) expect(line.length).toBeLessThan(400);
});

test("the log does not repeat a secret that an error repeats", async () => {
  await using desk = await Desk.open((url) => ({ grafana: { url, token: "glsa_4711\nx" } }));
  desk.tell(putBackRun.slice(0, 1));
  await desk.clock.asleepFor(1_000);
  expect(desk.logged).toEqual([expect.stringMatching(/Bearer \*\*\*/)]);
});

test("what waits for somebody who is no longer told goes after a day; for who is, it is tried once more", async () => {
  await using desk = await Desk.open();
  await desk.ear.close();
  desk.tell(putBackRun.slice(0, 1));
  await desk.clock.asleepFor(1_000);
  await desk.restart((url) => onCall(url));
  await desk.restart();
  await desk.clock.asleepFor(1_000);
  desk.clock.advance(2 * day);
  await desk.ear.listen();
  expect(ids(await desk.ear.heardAtLeast(1))).toEqual(["r1/1"]);

  await desk.ear.close();
  desk.tell(eventsOf("r2", standing.slice(0, 1)));
  await desk.clock.asleepFor(1_000);
  await desk.restart((url) => onCall(url));
  desk.clock.advance(2 * day);
  await desk.restart((url) => onCall(url));
  await desk.restart();
  await desk.ear.listen();
  desk.tell(eventsOf("r3", standing.slice(0, 1)));
  await desk.ear.heardAtLeast(2);
  await desk.restart();
  expect(ids(desk.ear.heard)).toEqual(["r1/1", "r3/1"]);
});

test("what waits is for us alone to read", async () => {
  await using desk = await Desk.open();
  await desk.ear.close();
  desk.tell(putBackRun);
  const files = await readdir(desk.folder);
  expect(files).toContain("notices.db");
  for (const name of files) expect((await stat(join(desk.folder, name))).mode & 0o777).toBe(0o600);
});

const actions = (heard: readonly { body: any }[]) => heard.map(({ body }) => `${body.event_action} ${body.dedup_key}`);

test("[CA-52] somebody is paged for an incomplete rollback, and let go once it is put back, days and restarts later", async () => {
  await using desk = await Desk.open(onCall);
  desk.tell([...eventsOf("r0", [...standing, ...putBack]), ...eventsOf("r1", [...standing, ...leftOver])]);
  await desk.ear.heardAtLeast(1);
  desk.clock.advance(40 * day);
  await desk.restart();
  desk.tell(eventsOf("r1", recovery, standing.length + leftOver.length));
  expect(actions(await desk.ear.heardAtLeast(2))).toEqual(["trigger chaos-agents/r1", "resolve chaos-agents/r1"]);
  expect(desk.ear.heard[0]!.path).toBe("/v2/enqueue");
});

test("[CA-52] somebody is paged once for a run that is cut off with changes not put back, until it is recovered", async () => {
  await using desk = await Desk.open(onCall);
  desk.tell(eventsOf("r1", standing));
  desk.cutOff(2);
  desk.cutOff(2);
  await desk.ear.heardAtLeast(1);
  await desk.restart();
  desk.cutOff(2);
  desk.tell(eventsOf("r1", recovery, standing.length));
  await desk.ear.heardAtLeast(2);
  await desk.restart();
  expect(actions(desk.ear.heard)).toEqual(["trigger chaos-agents/r1", "resolve chaos-agents/r1"]);
});

test("a recovery that is cut off, too, is told again", async () => {
  await using desk = await Desk.open();
  desk.tell(eventsOf("r1", standing));
  desk.cutOff(2);
  desk.tell(eventsOf("r1", recovery.slice(0, 2), standing.length));
  desk.cutOff(2);
  const heard = await desk.ear.heardAtLeast(5);
  expect(heard.slice(2).map(({ body }) => body.kind)).toEqual(["cut-off", "recovery-started", "cut-off"]);
});

test("nobody is paged for a run that is cut off with nothing to put back", async () => {
  await using desk = await Desk.open((url) => ({ ...onCall(url), webhook: { url, secret: null } }));
  desk.tell(eventsOf("r1", standing.slice(0, 3)));
  desk.cutOff(0);
  const heard = await desk.ear.heardAtLeast(2);
  await desk.restart();
  expect(heard.map(({ body }) => body.kind)).toEqual(["run-started", "cut-off"]);
});
