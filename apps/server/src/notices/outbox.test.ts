import { mkdtempDisposable } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { cutOffNotice } from "./notice.fixture.ts";
import { Outbox } from "./outbox.ts";
import { nothingYet } from "./run-memory.ts";

test("a run is forgotten after its time, but neither while something waits nor while it is critical", async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), "chaos-notices-"));
  using outbox = new Outbox(folder.path);
  const seen = { ...nothingYet, seq: 7 };
  outbox.put("old", seen, 1_000, null, []);
  outbox.put("critical", { ...seen, critical: true }, 1_000, null, []);
  outbox.put("waiting", seen, 1_000, cutOffNotice, ["webhook"]);
  outbox.put("new", seen, 2_000, null, []);
  outbox.forget(1_500);
  const left = ["old", "critical", "waiting", "new"].map((run) => outbox.memory(run).seq);
  expect(left).toEqual([0, 7, 7, 7]);
});

test("only what waits too long, and for somebody who is no longer told, is dropped", async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), "chaos-notices-"));
  using outbox = new Outbox(folder.path);
  outbox.put("r1", nothingYet, 1_000, cutOffNotice, ["webhook", "slack"]);
  outbox.put("r2", nothingYet, 2_000, { ...cutOffNotice, id: "r2/1" }, ["grafana"]);
  outbox.dropOthers(["webhook"], 1_500);
  const waiting = ["webhook", "slack", "grafana"].map((name) => outbox.next(name)?.notice.id ?? null);
  expect(waiting).toEqual([cutOffNotice.id, null, "r2/1"]);
});
