import { userInfo } from "node:os";
import { ChaosError, parseDuration, systemClock } from "@chaos-agents/core";
import type { StopSource } from "@chaos-agents/engine";
import { openStore } from "@chaos-agents/journal";
import type { Command } from "commander";
import { isAbandoned } from "../abandoned.ts";
import { examples } from "../examples.ts";
import { worstOf } from "../exit-code.ts";
import { waitForRuns } from "../halting.ts";
import { recoverRuns } from "../recovery.ts";
import type { Terminal } from "../terminal.ts";
import { WaysOut } from "../ways-out.ts";

export function define(command: Command, terminal: Terminal): void {
  command
    .description(
      "Stops every run on this machine, waits until each has put back what it changed, recovers those whose process is " +
        "gone, and lets no new run start until `chaos resume`.",
    )
    .option("--reason <text>", "why; shown wherever a run is refused", "no reason given")
    .option("--timeout <duration>", "how long to wait for live runs", "60s")
    .addHelpText(
      "after",
      examples(
        ["chaos halt", "everything back, now"],
        ['chaos halt --reason "incident 4711"', "say why to whoever wants to run something"],
        ["chaos resume", "when it is safe again"],
      ),
    )
    .action(async ({ reason, timeout }: { reason: string; timeout: string }) => {
      const patience = parseDuration(timeout);
      if (patience === undefined) {
        throw new ChaosError("usage", `--timeout ${timeout} is not a duration`, { remedy: "write it like 60s or 2m" });
      }
      const ways = new WaysOut(terminal);
      process.exitCode = await ways.lead(() => haltAll({ reason, timeout, patience }, ways.stop, terminal));
    });
}

interface Order {
  reason: string;
  timeout: string;
  patience: number;
}

async function haltAll({ reason, timeout, patience }: Order, stop: StopSource, terminal: Terminal): Promise<number> {
  const store = openStore();
  await store.lever.halt({ at: systemClock.now(), by: userInfo().username, reason });
  terminal.print(`${terminal.style("bold", "Halted.")} No run starts on this machine until \`chaos resume\`.`);
  const live = await waitForRuns(store, terminal, systemClock, { timeout: patience, signal: stop.signal });
  for (const { run, experiment } of live) {
    terminal.say(
      `${run} ${experiment}: has not ended within ${timeout}; watch it with \`chaos events ${run} --follow\``,
    );
  }
  const abandoned = (await store.list()).filter(isAbandoned);
  const recovered = await recoverRuns(abandoned, { store, stop, terminal });
  if (live.length === 0 && recovered === 0) terminal.print("Nothing of ours is active or left to undo.");
  return worstOf([live.length > 0 ? 4 : 0, recovered]);
}
