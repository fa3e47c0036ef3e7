import { skillContract } from "@chaos-agents/testkit/contract";
import { agent, bed } from "../test/bed.fixture.ts";

/** One of the three was stopped by somebody else, and stays so. */
const prepare = `
  cp "$(command -v sleep)" "/srv/it's a worker"
  for n in 1 2 3; do setsid "/srv/it's a worker" 471$n </dev/null >/dev/null 2>&1 & done
  until [ "$(grep -lx "it's a worker" /proc/[0-9]*/comm | wc -l)" = 3 ]; do sleep 0.05; done
  kill -STOP $!
  until grep -q ') T' /proc/$!/stat; do sleep 0.05; done`;
const stopped = 'cat /proc/[0-9]*/stat | grep -c "(it\'s a worker) T" || :';

skillContract({
  agent,
  skill: "server.process_pause",
  subject: async () => {
    const subject = await bed(
      { name: "it's a worker", count: "all" },
      async (outside) => Number(await outside(stopped)) === 3,
      prepare,
    );
    const { oracle, outside } = subject;
    return {
      ...subject,
      oracle: {
        ...oracle,
        photograph: async () => ({ ...(await oracle.photograph()), stopped: (await outside(stopped)).trim() }),
      },
    };
  },
});
