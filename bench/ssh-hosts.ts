/** The process that `bench/ssh.ts` measures. Prints the most memory it ever had, in bytes. */
import { systemClock } from "@chaos-agents/core";
import { openSshHost } from "@chaos-agents/ssh";

const { addresses, port, privateKey, knownHosts, commands } = JSON.parse(process.argv[2]!) as {
  addresses: string[];
  port: number;
  privateKey: string;
  knownHosts: string;
  commands: string[][];
};
const context = { signal: AbortSignal.timeout(120_000), clock: systemClock };
await using hosts = new AsyncDisposableStack();
const open = await Promise.all(
  addresses.map(async (host) =>
    hosts.use(
      await openSshHost(
        {
          host,
          port,
          username: "bench",
          auth: { type: "key", private_key_path: privateKey },
          known_hosts: knownHosts,
        },
        context,
      ),
    ),
  ),
);
for (const command of commands) {
  const results = await Promise.all(open.map((host) => host.exec(command)));
  if (results.some(({ code }) => code !== 0)) throw new Error(`${command.join(" ")} failed`);
}
process.stdout.write(String(process.resourceUsage().maxRSS * 1_024));
