import { skillContract } from "@chaos-agents/testkit/contract";
import { agent, bed } from "../test/bed.fixture.ts";

skillContract({
  agent,
  skill: "server.cpu_stress",
  where: "[CA-31]",
  subject: () =>
    bed({ workers: 1, load: "30%" }, async (outside) => {
      const used = "cat /proc/[0-9]*/stat | sed 's/.*) //' | awk '{ sum += $12 + $13 } END { print sum }'";
      const [before, after] = (await outside(`${used}; sleep 1; ${used}`)).trim().split("\n").map(Number) as [
        number,
        number,
      ];
      return after - before >= 10;
    }),
});
