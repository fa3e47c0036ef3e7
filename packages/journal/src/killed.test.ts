import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { seededRandom } from "@chaos-agents/core";
import { expect, test, vi } from "vitest";
import { startChild } from "./fixtures/child.ts";
import { makeHome } from "./fixtures/home.ts";
import { note } from "./fixtures/samples.ts";
import { openStore } from "./index.ts";

// Many syncs, on a disk that may be busy.
vi.setConfig({ testTimeout: 60_000 });

const random = seededRandom(41);
const moments = Array.from({ length: 3 }, () => random.below(400));

test.each(moments)("[CA-41] killed after %i words, all that was promised is on disk", async (moment) => {
  await using home = await makeHome();
  const said: string[] = [];
  {
    await using child = startChild("append-until-killed", [home.path, "r1"]);
    for await (const line of child.lines) if (said.push(line) > moment) child.kill();
  }
  const store = openStore(home.path);
  expect(await store.summary("r1")).toMatchObject({ live: false, damaged: null, verdict: null });

  await using journal = await store.open("r1");
  const events = [...journal.events()];
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
  expect(journal.pending()).toHaveLength(journal.entries().length);
  for (const [kind, id, what] of said.slice(1).map((line) => line.split(" "))) {
    if (kind === "event") expect(events[Number(id) - 1]).toMatchObject({ seq: Number(id), message: what });
    else {
      const { writer, n } = journal.entry(Number(id)).record as { writer: number; n: number };
      expect(`${writer}:${n}`).toBe(what);
    }
  }
  expect(await journal.append(note("recovered"))).toMatchObject({ seq: events.length + 1 });
});

test.each([0, 5, 50])("killed while creating, %i looks after the first trace, nothing is half there", async (looks) => {
  await using home = await makeHome();
  const runs = join(home.path, "runs");
  {
    await using child = startChild("append-until-killed", [home.path, "r1"]);
    while (!existsSync(runs) || readdirSync(runs).length === 0) await new Promise(setImmediate);
    for (let look = 0; look < looks; look++) readdirSync(runs);
    child.kill();
  }
  const store = openStore(home.path);
  for (const { run, damaged } of await store.list()) {
    expect(damaged).toBeNull();
    await using journal = await store.open(run);
    await journal.append(note("recovered"));
  }
});
