import type { Event } from "@chaos-agents/core";
import { eventsOf, leftOver, putBack, recovery, standing } from "../metrics/some-run.fixture.ts";
import type { Notice } from "./notice.ts";
import type { NoticeSettings } from "./notice-settings.ts";
import { nothingYet, remember } from "./run-memory.ts";
import { noticed, writeCutOff, writeNotice } from "./write-notice.ts";

export const nobody: NoticeSettings = {
  publicUrl: null,
  webhook: null,
  slack: null,
  grafana: null,
  datadog: null,
  pagerduty: null,
};

export const told = { run: "r1", experiment: "shop <b> & co", file: "chaos/shop.yaml" };
export const source = { ...told, host: "box.example", publicUrl: "https://chaos.example/room" };

/** The notices of a run's events. */
export function noticesOf(events: readonly Event[]): Notice[] {
  let memory = nothingYet;
  const notices: Notice[] = [];
  for (const event of events) {
    if (!noticed.has(event.type)) continue;
    const notice = writeNotice(event, memory, source);
    if (notice) notices.push(notice);
    memory = remember(memory, event);
  }
  return notices;
}

export const putBackRun = eventsOf("r1", [...standing, ...putBack]);
export const recoveredRun = eventsOf("r1", [...standing, ...leftOver, ...recovery]);
export const cutOffNotice = writeCutOff(2, Date.UTC(2026, 10, 22, 10, 16), { ...nothingYet, seq: 20 }, source);
