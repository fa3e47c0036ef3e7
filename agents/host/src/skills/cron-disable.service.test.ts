import { skillContract } from "@chaos-agents/testkit/contract";
import { agent, bed } from "../test/bed.fixture.ts";

const odd = "it's; $(touch pwned)";
const prepare = `
  mount -t tmpfs tmpfs /var/spool && mkdir -p /var/spool/cron/crontabs && cd /var/spool/cron/crontabs
  echo '* * * * * true' >backup; echo '@daily true' >'it'"'"'s; $(touch pwned)'; chmod 600 *`;

skillContract({
  agent,
  skill: "server.cron_disable",
  where: "some users' crontabs",
  subject: () =>
    bed(
      { users: ["backup", odd] },
      async (outside) => (await outside("ls /var/spool/cron/crontabs")).trim() === "",
      prepare,
    ),
  async meddle({ outside }) {
    await outside("echo '@hourly true' >/var/spool/cron/crontabs/backup");
    return async () => (await outside("cat /var/spool/cron/crontabs/backup")) === "@hourly true\n";
  },
});
