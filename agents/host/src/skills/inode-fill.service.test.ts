import { skillContract } from "@chaos-agents/testkit/contract";
import { agent, bed } from "../test/bed.fixture.ts";

const odd = "/srv/it's a mount; $(touch pwned)";
const prepare = `mkdir "${odd.replace("$", "\\$")}" && mount -t tmpfs -o nr_inodes=600 tmpfs "${odd.replace("$", "\\$")}"`;

skillContract({
  agent,
  skill: "server.inode_fill",
  where: "a mount, to the last one",
  subject: () =>
    bed(
      { inodes: "100%", target_mount: odd },
      async (outside) =>
        (await outside(`cd /srv/it* && if touch one 2>/dev/null; then rm one; else echo full; fi`)).trim() === "full",
      prepare,
    ),
});
