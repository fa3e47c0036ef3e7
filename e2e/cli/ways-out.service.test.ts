import { writeFile } from "node:fs/promises";
import { seededRandom } from "@chaos-agents/core";
import type { RunSummary } from "@chaos-agents/engine";
import { openStore } from "@chaos-agents/journal";
import { describe, expect, test } from "vitest";
import { type Playground, eventsOf, launcher } from "./chaos.ts";
import { shopFile, withShop } from "./shop.ts";

/** Printed when a test fails, so that the same moments can be tried again. */
const seed = Number(process.env["CHAOS_TEST_SEED"] ?? Math.floor(Math.random() * 2 ** 32));
const random = seededRandom(seed);
/** Events before the undo of the run in `shop.yaml`, roughly: all moments up to there are tried, and a little beyond. */
const moments = Array.from({ length: 6 }, () => 1 + random.below(30));

async function onlyRun({ home }: Playground): Promise<RunSummary> {
  const runs = await openStore(home).list();
  expect(runs).toHaveLength(1);
  return runs[0]!;
}

/** Resolves once no process holds the run any more. */
async function ended(playground: Playground): Promise<RunSummary> {
  const { run } = await onlyRun(playground);
  for await (const _ of openStore(playground.home).events(run, { follow: true }));
  for (;;) {
    const summary = await openStore(playground.home).summary(run);
    if (!summary.live) return summary;
  }
}

withShop((shop) => {
  const file = shopFile({ shop: { duration: "1h" } });

  describe(`seed ${seed}`, () => {
    const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

    test.for(moments.map((moment, i) => ({ moment, signal: signals[i % 3]! })))(
      "$signal at event $moment undoes everything",
      async ({ moment, signal }) => {
        await using playground = await shop.playground(file);
        const running = playground.start(["run", "shop.yaml", "--json"]);
        // Where nothing more happens by itself, the last moment there is.
        await running.event(({ type, phase }: { type: string; phase?: string }, index) => {
          return index + 1 >= moment || (type === "phase-started" && phase === "observe");
        });
        running.kill(signal);
        expect(await running.ended).toMatchObject({ code: 130 });
        expect(running.events.at(-1)).toMatchObject({ type: "run-finished", verdict: "interrupted", left: [] });
        expect(await onlyRun(playground)).toMatchObject({ pending: 0, verdict: "interrupted", live: false });
        await shop.expectWhole();
      },
    );
  });

  test("a second Ctrl-C hurries, and skips no undo", async () => {
    await using playground = await shop.playground(file);
    const running = playground.start(["run", "shop.yaml", "--json"]);
    await running.event(
      ({ type, phase }: { type: string; phase?: string }) => type === "phase-started" && phase === "observe",
    );
    running.kill("SIGINT");
    await running.event("stop-requested");
    running.kill("SIGINT");
    const { code } = await running.ended;
    expect(code).toBe(130);
    expect(running.events.filter(({ type }) => type === "undo-finished")).not.toEqual([]);
    expect(await onlyRun(playground)).toMatchObject({ pending: 0, verdict: "interrupted" });
    await shop.expectWhole();
  });

  test("a reader that leaves (| head -1) ends the run, and everything is undone", async () => {
    await using playground = await shop.playground(file);
    const typed = `${launcher} run shop.yaml --json 2>err | head -1; echo "\${PIPESTATUS[0]}"`;
    const { stdout } = await playground.run(["-c", typed], { command: "bash" });
    const [first, code] = stdout.trim().split("\n");
    expect(eventsOf(first!)).toMatchObject([{ type: "run-started" }]);
    expect(code).toBe("130");
    expect(await onlyRun(playground)).toMatchObject({ pending: 0, verdict: "interrupted", live: false });
    await shop.expectWhole();
  });

  test("a reader that leaves a listing is no error", async () => {
    await using playground = await shop.playground(file);
    const typed = `set -o pipefail; ${launcher} list-skills | head -1; echo "$?"`;
    const { stdout, stderr } = await playground.run(["-c", typed], { command: "bash" });
    expect({ stdout, stderr }).toEqual({ stdout: expect.stringMatching(/^SKILL .*\n0\n$/), stderr: "" });
  });

  describe("on a terminal", () => {
    /** `script` gives it a terminal of its own; ending `script` closes that terminal. */
    const onTerminal = (playground: Playground, typed: string) =>
      playground.start(["-qefc", `stty cols 100 rows 40; ${typed}`, "/dev/null"], {
        command: "script",
        env: { TERM: "xterm" },
      });

    test("shows the plan and asks; a no touches nothing", async () => {
      await using playground = await shop.playground(file);
      const running = onTerminal(playground, `exec ${launcher} run shop.yaml`);
      await running.printed("Run it?");
      expect(await shop.ordersAreLocked()).toBe(false);
      running.child.stdin!.write("n\n");
      const { code, stdout } = await running.ended;
      expect(code).toBe(1);
      expect(stdout).toContain("undo: ");
      expect(stdout).toContain("not approved");
      expect(await onlyRun(playground)).toMatchObject({ verdict: "refused", pending: 0 });
    });

    test("Ctrl-C at the question touches nothing", async () => {
      await using playground = await shop.playground(file);
      const running = onTerminal(playground, `exec ${launcher} run shop.yaml`);
      await running.printed("Run it?");
      running.child.stdin!.write("\u0003");
      expect(await running.ended).toMatchObject({ code: 130 });
      expect(await onlyRun(playground)).toMatchObject({ verdict: "interrupted", pending: 0 });
    });

    test("a yes runs it, and Ctrl-C undoes it", async () => {
      await using playground = await shop.playground(file);
      const running = onTerminal(playground, `exec ${launcher} run shop.yaml`);
      await running.printed("Run it?");
      running.child.stdin!.write("y\n");
      await running.printed("effect seen");
      expect(await shop.ordersAreLocked()).toBe(true);
      running.child.stdin!.write("\u0003");
      const { code, stdout } = await running.ended;
      expect(code).toBe(130);
      expect(stdout).toContain("Interrupted");
      await shop.expectWhole();
    });

    test("closing it undoes everything, though nobody sees it", async () => {
      await using playground = await shop.playground(file);
      const running = onTerminal(playground, `exec ${launcher} run shop.yaml --yes`);
      await running.printed("effect seen");
      running.kill("SIGKILL");
      await running.ended;
      expect(await ended(playground)).toMatchObject({ pending: 0, verdict: "interrupted" });
      await shop.expectWhole();
    });
  });

  test("an error nobody caught ends with 1, after everything is undone", async () => {
    await using playground = await shop.playground(file);
    // Stands in for a bug: throws from a timer, in the middle of the run, where no code of ours can catch it.
    const bug = `process.on("SIGUSR2", () => setImmediate(() => { throw new Error("a bug"); }));`;
    await writeFile(playground.path("bug.mjs"), bug);
    const env = { NODE_OPTIONS: `--import ${playground.path("bug.mjs")}` };
    const running = playground.start(["run", "shop.yaml", "--json"], { env });
    await running.event("fault-injected");
    running.kill("SIGUSR2");
    const { code, stderr } = await running.ended;
    expect(stderr).toContain("error: a bug");
    expect(stderr).toContain("CHAOS_DEBUG=1");
    expect(code).toBe(1);
    expect(await onlyRun(playground)).toMatchObject({ pending: 0, live: false });
    await shop.expectWhole();
  });
});
