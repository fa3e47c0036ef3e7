import { skillContract } from "@chaos-agents/testkit/contract";
import { describe } from "vitest";
import { agent } from "../test/bed.fixture.ts";
import { answers, netemIsHere, networkBed } from "../test/network-bed.fixture.ts";

describe.skipIf(!netemIsHere)("on a kernel with netem", () => {
  skillContract({
    agent,
    skill: "server.network_loss",
    subject: () => networkBed({ loss: "100%" }, async ({ far }) => (await far(answers("10.77.0.2", 8080))) === "no"),
  });
});
