import { skillContract } from "@chaos-agents/testkit/contract";
import { expect, test } from "vitest";
import { agent, bed } from "../test/bed.fixture.ts";
import { planned } from "../test/planned.fixture.ts";

const ttl = "/proc/sys/net/ipv4/ip_default_ttl";
const ports = "/proc/sys/net/ipv4/ip_local_port_range";

skillContract({
  agent,
  skill: "server.sysctl_change",
  subject: () =>
    bed(
      {
        changes: [
          { param: "net.ipv4.ip_default_ttl", value: 3 },
          { param: "net/ipv4/ip_local_port_range", value: "40000   40999" },
        ],
      },
      async (outside) => (await outside(`cat ${ttl} ${ports}`)) === "3\n40000\t40999\n",
    ),
  async meddle({ outside }) {
    await outside(`echo 9 >${ttl}`);
    return async () => (await outside(`cat ${ttl}`)) === "9\n";
  },
});

test.for(["net.ipv4.ip_forward", "kernel.modules_disabled", "vm/drop_caches", "net.ipv4.route.flush", "kernel.panic"])(
  "%s is never changed",
  async (param) => {
    await using machine = await bed({}, async () => false);
    await expect(planned(machine, "server.sysctl_change", { changes: [{ param, value: 1 }] })).rejects.toThrow(
      /never changed/,
    );
  },
);

test("what a host shares with its machine is refused there, and what nobody knows too", async () => {
  await using machine = await bed({}, async () => false);
  const { findings } = await planned(machine, "server.sysctl_change", {
    changes: [{ param: "vm.swappiness", value: 61 }],
  });
  expect(findings).toMatchObject([{ level: "error", code: "self-harm" }]);
  const unknown = planned(machine, "server.sysctl_change", { changes: [{ param: "net.ipv4.nothing", value: 1 }] });
  await expect(unknown).rejects.toThrow(/there is no \/proc\/sys\/net\/ipv4\/nothing/);
});
