import { writeFile } from "node:fs/promises";
import { userInfo } from "node:os";
import { counted } from "@chaos-agents/core";
import type { RunSummary } from "@chaos-agents/engine";
import { renderHtml } from "@chaos-agents/report";
import { isAbandoned } from "../abandoned.ts";
import type { Room } from "./room.ts";
import { wholeFold } from "./run-watch.ts";

export function askStop(room: Room, { run, experiment, live }: RunSummary): void {
  if (!live) return room.say("dim", "It does not run.");
  room.ask(`Stop ${experiment} and put back what it changed?`, async () => {
    const order = { at: room.clock.now(), by: userInfo().username, reason: "stopped in the terminal view" };
    await room.store.leverOf(run).halt(order);
    room.say("warn", "It was told to stop, and undoes.");
  });
}

/** `begun` is called once somebody said yes. */
export function askRecovery(room: Room, summary: RunSummary, begun: () => void = () => undefined): void {
  const { experiment, pending, live } = summary;
  if (!isAbandoned(summary))
    return room.say("dim", live ? "Its process lives: s stops it." : "It left nothing behind.");
  room.ask(`Put back what ${experiment || summary.run} left behind (${counted(pending, "change")})?`, async () => {
    room.recover(summary.run);
    begun();
  });
}

/** Writes a run's report for browsers into the folder we are in. */
export function writePage(room: Room, run: string): void {
  room.attempt(async () => {
    const name = `chaos-report-${run}.html`;
    const { report } = await wholeFold(room.store, run, room.signal);
    await writeFile(name, room.terminal.redact(renderHtml(report)));
    room.say("good", `Written: ${name} in ${process.cwd()}`);
  });
}
