import { chmodSync, statSync, writeFileSync } from "node:fs";
import { startSshd } from "@chaos-agents/testkit";
import { ChaosRun } from "./chaos.ts";
import { type BenchRow, median, seconds } from "./table.ts";

const times = 5;
const leaseSeconds = 5;

/** Our process is killed while a fault stands on a server; from then until the server has put itself right. */
export async function healingRows(home: string): Promise<BenchRow[]> {
  await using server = await startSshd({ users: [{ name: "bench", sudo: "free" }] });
  const file = server.path("/tmp/bench");
  writeFileSync(file, "");
  chmodSync(file, 0o640);
  const mode = () => statSync(file).mode & 0o777;
  const took: number[] = [];
  for (let n = 0; n < times; n++) {
    await using run = new ChaosRun(home, `healing-${n}`, {
      target: "server",
      target_config: {
        hosts: [
          {
            host: server.host,
            port: server.port,
            username: "bench",
            auth: { type: "key", private_key_path: server.privateKey },
          },
        ],
        known_hosts: server.knownHosts,
        lease: `${leaseSeconds}s`,
      },
      duration: "5m",
      skills: [{ skill_name: "server.permission_change", params: { paths: ["/tmp/bench"], mode: "000" } }],
    });
    await run.seen("phase-started", ({ phase }) => phase === "observe");
    if (mode() !== 0) throw new Error("the fault did not land");
    run.child.kill("SIGKILL");
    await run.ended;
    const started = performance.now();
    while (mode() === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    took.push(performance.now() - started);
  }
  const worst = Math.max(...took);
  return [
    {
      what: `controller killed → host healed, lease ${leaseSeconds} s, ${times} times`,
      ours: `p50 ${seconds(median(took))} max ${seconds(worst)}`,
      rival: "–",
      ratio: null,
      aim: "max ≤ lease + 2 s",
      met: worst <= (leaseSeconds + 2) * 1_000,
    },
  ];
}
