import { skillContract } from "@chaos-agents/testkit/contract";
import { agent } from "../test/bed.fixture.ts";
import { burst, networkBed } from "../test/network-bed.fixture.ts";

skillContract({
  agent,
  skill: "server.network_bandwidth",
  subject: () =>
    networkBed({ rate: "64kbit", latency: "50ms" }, async ({ outside }) => Number(await outside(burst())) < 25),
});
