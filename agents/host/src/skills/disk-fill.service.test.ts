import { skillContract } from "@chaos-agents/testkit/contract";
import { type Bed, agent, bed } from "../test/bed.fixture.ts";

const free = async (outside: Bed["outside"]) => Number(await outside("df -P -B1 /tmp | awk 'NR == 2 { print $4 }'"));

skillContract({
  agent,
  skill: "server.disk_fill",
  where: "[CA-28]",
  subject: () => bed({ size: "20MB", target_mount: "/tmp" }, async (outside) => (await free(outside)) < 45 * 2 ** 20),
});
