import { skillContract } from "@chaos-agents/testkit/contract";
import { agent } from "../test/bed.fixture.ts";
import { networkBed } from "../test/network-bed.fixture.ts";

const spoofed = { "db.internal": "10.9.9.9", "known.internal": "10.9.9.8" };
const asked = "getent hosts db.internal known.internal || :";

skillContract({
  agent,
  skill: "server.dns_spoof",
  subject: () =>
    networkBed({ records: spoofed }, async ({ outside }) => {
      const answer = await outside(asked);
      return answer.includes("10.9.9.9") && answer.includes("10.9.9.8");
    }),
  async meddle({ outside }) {
    await outside("sed 's/^10.9.9.9 /10.9.9.7 /' /etc/hosts >/tmp/new; cat /tmp/new >/etc/hosts; rm /tmp/new");
    return async () => (await outside("cat /etc/hosts")).includes("10.9.9.7 db.internal");
  },
});
