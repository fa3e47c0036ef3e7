import { type Host, systemClock } from "@chaos-agents/core";
import { expect, test } from "vitest";
import { hostConfigSchema } from "./config.ts";
import { Servers } from "./target.ts";

const config = hostConfigSchema.parse({ hosts: [{ host: "a", username: "root" }] });
const context = () => ({ mark: "chaos/run", clock: systemClock, signal: new AbortController().signal });
const identity = { machine: "m", boot: "b" };

/** Hosts that can be lost, and whose next connection waits until it is let through. */
function reachable() {
  const opened: { lose: () => void }[] = [];
  let letThrough = Promise.resolve();
  const open = async (): Promise<Host> => {
    await letThrough;
    const { promise: lost, resolve } = Promise.withResolvers<string>();
    opened.push({ lose: () => resolve("gone") });
    return { identity, lost, async [Symbol.asyncDispose]() {} } as unknown as Host;
  };
  const hold = () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    letThrough = promise;
    return resolve;
  };
  return { open, opened, hold };
}

test("who gives up waiting for a lost host's new connection does not take it from the others", async () => {
  const { open, opened, hold } = reachable();
  await using servers = await Servers.open(config, open, context());
  const machine = servers.machine("a:22");
  const letThrough = hold();
  opened[0]!.lose();
  await Promise.resolve();
  const impatient = new AbortController();
  const given = machine.host(impatient.signal);
  const other = machine.host(new AbortController().signal);
  impatient.abort(new Error("enough"));
  await expect(given).rejects.toThrow("enough");
  letThrough();
  expect(await other).toMatchObject({ identity });
  expect(opened).toHaveLength(2);
});
