import { skillContract } from "@chaos-agents/testkit/contract";
import { agent, bed } from "../test/bed.fixture.ts";

const held = "cat /proc/[0-9]*/status 2>/dev/null | awk '/^RssAnon/ { sum += $2 } END { print sum }'";

skillContract({
  agent,
  skill: "server.memory_stress",
  where: "[CA-32] all at once",
  subject: () => bed({ memory: "48MB", workers: 2 }, async (outside) => Number(await outside(held)) > 90 * 1_024),
});

skillContract({
  agent,
  skill: "server.memory_stress",
  where: "[CA-32] a little more every second",
  subject: () => bed({ rate: "32MB", ceiling: "32MB" }, async (outside) => Number(await outside(held)) > 30 * 1_024),
});
