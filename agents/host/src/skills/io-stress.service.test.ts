import { skillContract } from "@chaos-agents/testkit/contract";
import { agent, bed } from "../test/bed.fixture.ts";

skillContract({
  agent,
  skill: "server.io_stress",
  subject: () =>
    bed({ size: "2MB", workers: 2, target_mount: "/srv" }, async (outside) => {
      const changed = "find /srv -type f -printf '%p %T@\\n' | sort";
      const [before = "", after = ""] = (await outside(`${changed}; echo --; sleep 0.5; ${changed}`)).split("--\n");
      return before !== after;
    }),
});
