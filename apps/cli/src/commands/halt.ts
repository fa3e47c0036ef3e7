import { userInfo } from "node:os";
import { ChaosError, parseDuration, systemClock } from "@chaos-agents/core";
import type { StopSource } from "@chaos-agents/engine";
import { openStore } from "@chaos-agents/journal";
import type { Command } from "commander";
import { isAbandoned } from "../abandoned.ts";
import { examples } from "../examples.ts";
import { worstOf } from "../exit-code.ts";
import { findRun } from "../find-run.ts";
import { waitForRuns } from "../halting.ts";
import { recoverRuns } from "../recovery.ts";
import type { Terminal } from "../terminal.ts";
import { WaysOut } from "../ways-out.ts";

export function define(command: Command, terminal: Terminal): void {
  command
    .description(
      "Stops every run on this machine, waits until each has put back what it changed, recovers those whose process is " +
        "gone, and lets no new run start until `chaos resume`. With a run's id only that one is stopped.",
    )
    .argument("[run]", "only this run: its id, the beginning of one, or `last`")
    .option("--reason <text>", "why; shown wherever a run is refused", "no reason given")
    .option("--timeout <duration>", "how long to wait for live runs", "60s")
    .addHelpText(
      "after",
      examples(
        ["chaos halt", "everything back, now"],
        ['chaos halt --reason "incident 4711"', "say why to whoever wants to run something"],
        ["chaos halt last", "only the newest run"],
        ["chaos resume", "when it is safe again"],
      ),
    )
    .action(async (word: string | undefined, { reason, timeout }: { reason: string; timeout: string }) => {
      const patience = parseDuration(timeout);
      if (patience === undefined) {
        throw new ChaosError("usage", `--timeout ${timeout} is not a duration`, { remedy: "write it like 60s or 2m" });
      }
      const ways = new WaysOut(terminal);
      const order = { reason, timeout, patience };
      process.exitCode = await ways.lead(() =>
        word === undefined ? haltAll(order, ways.stop, terminal) : haltOne(word, order, ways.stop, terminal),
      );
    });
}

interface Order {
  reason: string;
  timeout: string;
  patience: number;
}

async function haltOne(word: string, { reason, timeout, patience }: Order, stop: StopSource, terminal: Terminal) {
  const store = openStore();
  const { run, live } = await findRun(store, word);
  if (!live) {
    throw new ChaosError("usage", `run ${run} has ended`, {
      remedy: "`chaos recover` undoes what it left, if anything",
    });
  }
  await store.leverOf(run).halt({ at: systemClock.now(), by: userInfo().username, reason });
  const waiting = { timeout: patience, signal: stop.signal, only: run };
  for (const { experiment } of await waitForRuns(store, terminal, systemClock, waiting))
    terminal.say(
      `${run} ${experiment}: has not ended within ${timeout}; watch it with \`chaos events ${run} --follow\``,
    );
  const now = await store.summary(run);
  return now.live || now.pending > 0 ? 4 : 0;
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
