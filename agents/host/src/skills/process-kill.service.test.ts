import { skillContract } from "@chaos-agents/testkit/contract";
import { expect, test } from "vitest";
import { agent, bed } from "../test/bed.fixture.ts";
import { planned } from "../test/planned.fixture.ts";

/** Two workers, each started again by a supervisor of its own as soon as it ends. */
const bothThere = `until [ "$(grep -lsx worker /proc/[0-9]*/comm | wc -l)" = 2 ]; do sleep 0.05; done`;
const supervised = `
  cp "$(command -v sleep)" /srv/worker
  for n in 1 2; do setsid sh -c 'while :; do /srv/worker 4711; done' </dev/null >/dev/null 2>&1 & done
  ${bothThere}`;
const workers = "grep -lsx worker /proc/[0-9]*/comm || :";

skillContract({
  agent,
  skill: "server.process_kill",
  async subject() {
    let known: string | undefined;
    const subject = await bed(
      { name: "worker", count: "all" },
      async (outside) => {
        await outside(bothThere);
        const now = await outside(workers);
        const others = known !== undefined && now !== known;
        // who felt it goes on with the new ones
        known = now;
        return others;
      },
      supervised,
    );
    const { oracle, outside } = subject;
    const photograph = async () => {
      await outside(bothThere);
      return await oracle.photograph();
    };
    return { ...subject, oracle: { ...oracle, photograph } };
  },
});

test("what must not be killed is not among what matches", async () => {
  await using machine = await bed({}, async () => false, supervised);
  const { labels } = await planned(machine, "server.process_kill", { command: ".", count: "all" });
  const pids = (await machine.outside(workers)).match(/\d+/g)!;
  expect(pids).toHaveLength(2);
  for (const pid of pids) expect(labels.join()).toContain(pid);
  expect(labels.join()).not.toMatch(/\b1\b[,;]/);
  await expect(planned(machine, "server.process_kill", { name: "sh", user: "nobody-here" })).resolves.toMatchObject({
    labels: [],
  });
});

test("nobody says which: it is refused", () => {
  const { params } = agent.skills.find(({ name }) => name === "server.process_kill")!;
  expect(params.safeParse({}).error?.issues[0]?.message).toContain("say which processes");
  expect(params.safeParse({ command: "(" }).success).toBe(false);
});
