import { randomInt } from "node:crypto";
import type { ExecOptions } from "@chaos-agents/core";
import { expect } from "vitest";
import type { CheckedHost, HostCheck } from "./host-contract.ts";

/** A number of seconds that nothing else sleeps for: it stands in the command lines of what we started. */
const mark = () => `9${randomInt(10_000_000, 99_999_999)}`;

/** Children of every kind: one that does not listen, one in a process group of its own, and a grandchild. */
const family = (seconds: string) => [
  "sh",
  "-c",
  `trap '' TERM; sleep "$1" & timeout "$1" sleep "$1" & sh -c 'sleep "$1"; :' sh "$1" & echo ready; sleep "$1"; sleep "$1"`,
  "sh",
  seconds,
];

const alive = async ({ outside }: CheckedHost, seconds: string) =>
  (await outside.commandLines()).filter((line) => line.includes(seconds));

/** Starts a family, sees it from outside, has it ended, and sees it gone as soon as the promise has rejected. */
async function endedBy(
  checked: CheckedHost,
  options: ExecOptions,
  end: () => void | PromiseLike<void>,
): Promise<unknown> {
  const seconds = mark();
  const ready = Promise.withResolvers<void>();
  const running = checked.host.exec(family(seconds), { ...options, onOutput: () => ready.resolve() });
  const reason = running.then(
    () => undefined,
    (error: unknown) => error,
  );
  await Promise.race([ready.promise, reason]);
  if (options.timeout === undefined) {
    while ((await alive(checked, seconds)).length < 5);
    await end();
  }
  const said = await reason;
  expect(await alive(checked, seconds)).toEqual([]);
  return said;
}

const onAbort = async (checked: CheckedHost, options: ExecOptions) => {
  const stop = new AbortController();
  const reason = new Error("enough");
  const said = await endedBy(checked, { ...options, signal: stop.signal }, () => stop.abort(reason));
  expect(said).toBe(reason);
};

export const endingChecks: readonly HostCheck[] = [
  ["ends a command and all its children when told to", (checked) => onAbort(checked, {})],
  [
    "ends a command of root and all its children when told to",
    (checked) =>
      checked.host.survey.root === "none" ? checked.skip("no root here") : onAbort(checked, { root: true }),
  ],
  [
    "ends a command that takes too long, and all its children",
    async (checked) => {
      const said = await endedBy(checked, { timeout: 1_500 }, () => {});
      expect(said).toMatchObject({ code: "deadline-passed", message: expect.stringContaining("1s 500ms") });
    },
  ],
  [
    "runs nothing when it was told to stop before",
    async ({ host, outside }) => {
      const reason = new Error("before");
      const touched = `${outside.folder}/must-not-be`;
      const running = host.exec(["touch", touched], { signal: AbortSignal.abort(reason) });
      await expect(running).rejects.toBe(reason);
      expect(await outside.read(touched)).toBeNull();
    },
  ],
  [
    "ends a command that prints more than anybody would read",
    async (checked) => {
      const word = `y${mark()}`;
      const failing = expect(checked.host.exec(["yes", word])).rejects;
      await failing.toMatchObject({ code: "internal", message: expect.stringContaining("8 MiB") });
      expect(await alive(checked, word)).toEqual([]);
      expect(await checked.host.exec(["echo", "still here"])).toMatchObject({ stdout: "still here\n" });
    },
  ],
  [
    "ends what still runs when it is closed, and does not call that a loss",
    async (checked) => {
      const host = await checked.contract.open(AbortSignal.timeout(60_000));
      const said = await endedBy({ ...checked, host }, {}, () => host[Symbol.asyncDispose]());
      expect(said).toMatchObject({ code: "interrupted" });
      const lost = await Promise.race([host.lost, Promise.resolve("not")]);
      expect(lost).toBe("not");
      await host[Symbol.asyncDispose]();
    },
  ],
  [
    "says that the host is gone when it vanishes in the middle of a command",
    async ({ contract, skip }) => {
      if (!contract.sever) return skip("there is nothing to break");
      await using host = await contract.open(AbortSignal.timeout(60_000));
      const ready = Promise.withResolvers<void>();
      const running = host.exec(["sh", "-c", "echo ready; sleep 5"], { onOutput: () => ready.resolve() });
      const failing = expect(running).rejects.toMatchObject({
        code: "target-unreachable",
        message: expect.stringContaining(host.label),
      });
      await ready.promise;
      await contract.sever.cut();
      try {
        expect(await host.lost).toBeTruthy();
        await failing;
        await expect(host.exec(["true"])).rejects.toMatchObject({ code: "target-unreachable" });
      } finally {
        await contract.sever.mend();
      }
    },
  ],
];
