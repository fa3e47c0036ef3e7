import { openStore } from "@chaos-agents/journal";
import { expect, test } from "vitest";
import type { Event } from "@chaos-agents/core";
import { shopFile, withShop } from "./shop.ts";

const observing = (event: Event) => event.type === "phase-started" && event.phase === "observe";

withShop((shop) => {
  const file = shopFile({ shop: { duration: "1h", skills: ["insert"] } });

  test("chaos halt from another process undoes every run, blocks new ones, and chaos resume lets them start again", async () => {
    await using playground = await shop.playground(file);
    const running = [0, 1, 2].map(() => playground.start(["run", "shop.yaml", "--json"]));
    for (const one of running) await one.event(observing);
    const [inserted] = await shop.admin.query("SELECT count(*)::int AS n FROM customers");
    expect(inserted!["n"]).toBe(500 + 3 * 200);

    const halt = await playground.run(["halt", "--reason", "incident 4711"]);
    await shop.expectWhole();
    expect(halt.stdout).toContain("Waiting for 3 live runs");
    expect(halt.stdout).toContain("Nothing of ours is active or left to undo.");
    expect(halt.code).toBe(0);
    for (const one of running) {
      expect(await one.ended).toMatchObject({ code: 5 });
      expect(one.events.at(-1)).toMatchObject({ type: "run-finished", verdict: "halted", left: [] });
    }

    const blocked = await playground.run(["run", "shop.yaml"]);
    expect(blocked.code).toBe(5);
    expect(blocked.stderr).toContain("incident 4711");
    expect(blocked.stderr).toContain("chaos resume");
    expect((await playground.run(["run", "shop.yaml", "--dry-run"])).code).toBe(0);
    expect(await playground.run(["resume"])).toMatchObject({ code: 0, stdout: "Runs may start again.\n" });
    expect(await playground.run(["resume"])).toMatchObject({ code: 0, stdout: "Nothing was halted.\n" });
    const again = playground.start(["run", "shop.yaml", "--json"]);
    await again.event(observing);
    again.kill("SIGINT");
    await again.ended;
  });

  test("chaos halt recovers runs whose process was killed", async () => {
    await using playground = await shop.playground(file);
    const killed = playground.start(["run", "shop.yaml", "--json"]);
    await killed.event(observing);
    killed.kill("SIGKILL");
    await killed.ended;
    const halt = await playground.run(["halt"]);
    expect(halt.stdout).toContain("everything it changed is put back");
    expect(halt.code).toBe(0);
    await shop.expectWhole();
    expect(await openStore(playground.home).list()).toMatchObject([{ pending: 0, live: false }]);
  });

  test("chaos halt ends with 4 while a run that does not end is left", async () => {
    await using playground = await shop.playground(file);
    const stuck = playground.start(["run", "shop.yaml", "--json"]);
    const first = await stuck.event(observing);
    stuck.kill("SIGSTOP");
    const halt = await playground.run(["halt", "--timeout", "500ms"]);
    expect(halt.stderr).toContain(`${first.run} shop: has not ended within 500ms`);
    expect(halt.code).toBe(4);
    stuck.kill("SIGCONT");
    expect(await stuck.ended).toMatchObject({ code: 5 });
    await shop.expectWhole();
  });

  test("one run of two is stopped; the other goes on, and new ones may start", async () => {
    await using playground = await shop.playground(shopFile({ shop: { duration: "5m", skills: ["insert"] } }));
    const [one, other] = [1, 2].map(() => playground.start(["run", "shop.yaml", "--json"]));
    const { run } = await one!.event(observing);
    await other!.event(observing);
    const halt = await playground.run(["halt", run, "--reason", "wrong shop"]);
    expect(halt).toMatchObject({ code: 0, stdout: expect.stringContaining(`${run} shop: ended after`) });
    const { code, stdout } = await one!.ended;
    expect(code).toBe(5);
    expect(stdout).toContain("stopped this run: wrong shop");
    expect(other!.child.exitCode).toBeNull();
    expect(await openStore(playground.home).lever.read()).toBeNull();
    expect((await playground.run(["halt", run])).stderr).toContain(`run ${run} has ended`);
    other!.kill("SIGINT");
    expect(await other!.ended).toMatchObject({ code: 130 });
    await shop.expectWhole();
  });

  test("an interrupted wait still leaves the machine halted", async () => {
    await using playground = await shop.playground(file);
    const stuck = playground.start(["run", "shop.yaml", "--json"]);
    await stuck.event(observing);
    stuck.kill("SIGSTOP");
    const halt = playground.start(["halt"]);
    await halt.printed("Waiting for 1 live run");
    halt.kill("SIGINT");
    expect(await halt.ended).toMatchObject({ code: 130 });
    expect(await openStore(playground.home).lever.read()).not.toBeNull();
    stuck.kill("SIGCONT");
    await stuck.ended;
  });
});
