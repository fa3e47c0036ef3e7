import { readFile, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Clock } from "@chaos-agents/core";
import type { HaltOrder, SafetyLever } from "@chaos-agents/engine";
import { isMissing, makeDirectory, replaceDurably, syncDirectory } from "./durable-file.ts";

/** Asking for one small file costs nothing, and works where file watching does not. */
const pollMs = 100;

/** For all runs in the state directory, or for the one whose folder it is. */
export function openLever(home: string, clock: Clock): SafetyLever {
  const path = join(home, "halt.json");

  async function read(): Promise<HaltOrder | null> {
    try {
      return parseOrder(await readFile(path, "utf8"));
    } catch (error) {
      if (isMissing(error)) return null;
      throw error;
    }
  }

  return {
    read,
    async halt(order) {
      await makeDirectory(home);
      await replaceDurably(path, JSON.stringify(order));
    },
    async resume() {
      try {
        await rm(path);
      } catch (error) {
        if (isMissing(error)) return false;
        throw error;
      }
      await syncDirectory(dirname(path));
      return true;
    },
    async wait(signal) {
      for (;;) {
        signal.throwIfAborted();
        const order = await read();
        if (order) return order;
        await clock.sleep(pollMs, signal);
      }
    },
  };
}

/** A lever that cannot be read is pulled: stopping for nothing does less harm than running on. */
function parseOrder(text: string): HaltOrder {
  try {
    const { at, by, reason } = JSON.parse(text) as Partial<HaltOrder>;
    if (typeof at === "number" && typeof by === "string" && typeof reason === "string") return { at, by, reason };
  } catch {
    // said below
  }
  return { at: 0, by: "unknown", reason: "halt.json is there but cannot be read" };
}
