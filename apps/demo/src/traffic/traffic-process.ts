import { describeError, seededRandom, systemClock } from "@chaos-agents/core";
import type { Failed } from "../child.ts";
import { tellParent, whenParentEnds } from "../parent.ts";
import { type RunningTraffic, generateTraffic } from "./generate-traffic.ts";
import type { TrafficOrder, TrafficWord } from "./traffic.ts";

const tell = (word: TrafficWord | Failed) => tellParent(word);
let running: RunningTraffic | undefined;

async function obey(order: TrafficOrder): Promise<void> {
  if (order.type === "start") {
    const tools = { clock: systemClock, random: seededRandom(order.seed) };
    running = await generateTraffic(order.options, tools, (sample) => tell({ type: "sample", sample }));
    tell({ type: "open" });
  } else {
    tell({ type: "closed", totals: await running!.stop() });
  }
}

whenParentEnds(() => process.exit());
process.on("message", (order: TrafficOrder) => {
  obey(order).catch((error: unknown) => tell({ type: "failed", message: describeError(error) }));
});
