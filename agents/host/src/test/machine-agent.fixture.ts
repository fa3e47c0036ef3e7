import { MicrovmProvider } from "@chaos-agents/microvm";
import { hostAgent } from "../index.ts";

/** The agent in processes of their own: its hosts are machines, by their ids, of the room that CHAOS_TEST_ROOM names. */
export const machineAgent = hostAgent(({ host }, _config, { signal }) =>
  new MicrovmProvider({ machines: process.env["CHAOS_TEST_ROOM"]! }).connect(host, signal),
);
