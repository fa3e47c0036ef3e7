import { Stage, experimentOf } from "@chaos-agents/testkit/contract";
import { expect, test } from "vitest";
import { agent } from "./test/bed.fixture.ts";
import { type NetworkBed, networkBed } from "./test/network-bed.fixture.ts";

/** What a run says when it is refused, and the interface's queues after. */
async function refused(bed: NetworkBed, uses: Record<string, unknown>[]): Promise<[string, string]> {
  await using stage = await Stage.open({ agents: [agent], probes: [] });
  const { params } = agent.skills.find(({ name }) => name === "server.network_bandwidth")!;
  const outcome = await stage.run(
    experimentOf({
      targets: { main: { kind: "server", config: agent.config.parse(bed.config) } },
      skills: uses.map((use) => ({
        skill: "server.network_bandwidth",
        params: params.parse(use) as Record<string, unknown>,
        count: 1,
        target: "main",
      })),
    }),
  );
  expect(outcome.left).toEqual([]);
  const said = JSON.stringify([outcome, stage.events]);
  return [said, await bed.outside("tc qdisc show dev eth0")];
}

test("an interface whose queue somebody set up is refused by name, and left alone", async () => {
  await using bed = await networkBed({}, async () => false);
  await bed.outside("tc qdisc add dev eth0 root handle 1: tbf rate 1gbit burst 1mb latency 1s");
  const [said, queues] = await refused(bed, [{ rate: "1mbit" }]);
  expect(said).toContain("eth0 has a queue that somebody set up (tbf 1:)");
  expect(queues).toMatch(/^qdisc tbf 1: root/);
});

test("a second fault on one interface is refused, and the first one put back", async () => {
  await using bed = await networkBed({}, async () => false);
  const [said, queues] = await refused(bed, [{ rate: "1mbit" }, { rate: "2mbit", interface: "eth0" }]);
  expect(said).toContain("eth0 has a queue set up already");
  expect(queues.trim()).toBe("qdisc noqueue 0: root refcnt 2");
});

test("the host's talk with itself is only slowed down when asked for by name", async () => {
  await using bed = await networkBed({}, async () => false);
  const [said] = await refused(bed, [{ rate: "1mbit", peers: ["10.77.0.2"] }]);
  expect(said).toContain("10.77.0.2 is the host itself");
});

test("what the kernel cannot do is said before anything is touched", async () => {
  await using bed = await networkBed({}, async () => false);
  const [said, queues] = await refused(bed, [{ rate: "1mbit", interface: "eth9" }]);
  expect(said).toContain("eth9");
  expect(queues).toMatch(/^qdisc noqueue 0: root/);
});
