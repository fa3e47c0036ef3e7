import { skillContract } from "@chaos-agents/testkit/contract";
import { agent } from "../test/bed.fixture.ts";
import { answers, networkBed } from "../test/network-bed.fixture.ts";

skillContract({
  agent,
  skill: "server.network_partition",
  subject: () =>
    networkBed({ peers: ["10.77.0.0/24"] }, async ({ far }) => (await far(answers("10.77.0.2", 8080))) === "no"),
});
