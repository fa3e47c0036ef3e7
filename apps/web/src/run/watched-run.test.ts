import { foldRun } from "@chaos-agents/report/browser";
import { expect, test } from "vitest";
import { demoRun } from "@chaos-agents/report/demo-run";
import { WatchedRun } from "./watched-run.ts";

test("events that come again after a lost connection are folded once", async () => {
  const events = demoRun();
  const watched = new WatchedRun("r");
  for (const event of events.slice(0, 200)) watched.add(event);
  for (const event of events.slice(150)) watched.add(event);
  await new Promise<void>((resolve) => void watched.subscribe(resolve));
  expect(watched.view().report).toEqual(foldRun(events));
});
