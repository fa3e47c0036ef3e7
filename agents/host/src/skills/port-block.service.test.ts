import { skillContract } from "@chaos-agents/testkit/contract";
import { agent } from "../test/bed.fixture.ts";
import { answers, networkBed } from "../test/network-bed.fixture.ts";

skillContract({
  agent,
  skill: "server.port_block",
  subject: () =>
    networkBed(
      { ports: [22, 8080], action: "refuse" },
      async ({ far }) => (await far(answers("10.77.0.2", 8080))) === "no",
    ),
});
