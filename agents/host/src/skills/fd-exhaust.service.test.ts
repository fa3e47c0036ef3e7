import { skillContract } from "@chaos-agents/testkit/contract";
import { agent, bed } from "../test/bed.fixture.ts";

/** Says twenty times a second whether it may open a file. */
const prepare = `
  cat >/srv/service.pl <<'END'
  while (1) {
    my $say = open(my $file, "<", "/dev/null") ? "fine" : "none";
    close($file) if $file;
    truncate(STDOUT, 0); sysseek(STDOUT, 0, 0); syswrite(STDOUT, "$say\\n");
    select(undef, undef, undef, 0.05);
  }
END
  setsid perl /srv/service.pl </dev/null >/dev/shm/said 2>/dev/null &
  until grep -qs fine /dev/shm/said; do sleep 0.05; done`;

skillContract({
  agent,
  skill: "server.fd_exhaust",
  subject: async () => {
    const subject = await bed(
      { command: "service[.]pl", count: "all" },
      async (outside) => (await outside("cat /dev/shm/said")).trim() === "none",
      prepare,
    );
    const { oracle, outside } = subject;
    const limits = "grep -hs 'Max open files' /proc/[0-9]*/limits | sort -u";
    return {
      ...subject,
      oracle: {
        ...oracle,
        photograph: async () => {
          const { "content /dev/shm/said": _, ...photograph } = await oracle.photograph();
          return { ...photograph, limits: await outside(limits) };
        },
      },
    };
  },
});
