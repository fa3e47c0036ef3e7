import { skillContract } from "@chaos-agents/testkit/contract";
import { describe } from "vitest";
import { agent } from "../test/bed.fixture.ts";
import { burst, netemIsHere, networkBed } from "../test/network-bed.fixture.ts";

describe.skipIf(!netemIsHere)("on a kernel with netem", () => {
  skillContract({
    agent,
    skill: "server.network_duplicate",
    subject: () => networkBed({ duplicate: "100%" }, async ({ outside }) => Number(await outside(burst())) > 50),
  });
});
