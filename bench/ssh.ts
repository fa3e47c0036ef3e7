import { spawn } from "node:child_process";
import { join } from "node:path";
import { type SshServer, startSshd } from "@chaos-agents/testkit";
import { type BenchRow, median, seconds } from "./table.ts";

const hosts = 100;
const turns = 5;
const commands = [
  ["touch", "/tmp/chaos-bench"],
  ["rm", "-f", "/tmp/chaos-bench"],
];

/** A hundred servers, logged in to, changed and changed back, beside as many `ssh` at the same time. */
export async function sshRows(): Promise<BenchRow[]> {
  await using server = await startSshd({
    addressCount: hosts,
    users: [{ name: "bench" }],
    settings: { LogLevel: "ERROR" },
  });
  const ours: { ms: number; rss: number }[] = [];
  const rivals: number[] = [];
  for (let turn = -1; turn < turns; turn++) {
    const own = await inProcess(server);
    const started = performance.now();
    await Promise.all(server.hosts.map((address) => bySsh(server, address)));
    if (turn < 0) continue;
    rivals.push(performance.now() - started);
    ours.push(own);
  }
  const [ms, rival] = [median(ours.map((one) => one.ms)), median(rivals)];
  const mebibytes = Math.max(...ours.map(({ rss }) => rss)) / 2 ** 20;
  return [
    {
      what: `${hosts} SSH hosts: log in, look, 2 commands each`,
      ours: seconds(ms),
      rival: `${seconds(rival)} ${hosts} × ssh`,
      ratio: ms / rival,
      aim: "≤ 1.5 ×",
      met: ms <= 1.5 * rival,
    },
    {
      what: `memory of the process, ${hosts} SSH hosts open`,
      ours: `${Math.round(mebibytes)} MiB`,
      rival: "–",
      ratio: null,
      aim: "≤ 200 MB",
      met: mebibytes * 2 ** 20 <= 200e6,
    },
  ];
}

/** In a process of its own, so that what it needs is all its own; its start is counted, as that of every `ssh` is. */
async function inProcess(server: SshServer): Promise<{ ms: number; rss: number }> {
  const started = performance.now();
  const { hosts: addresses, privateKey, knownHosts, port } = server;
  const task = JSON.stringify({ addresses, port, privateKey, knownHosts, commands });
  const said = await run(process.execPath, [join(import.meta.dirname, "ssh-hosts.ts"), task]);
  return { ms: performance.now() - started, rss: Number(said) };
}

async function bySsh({ port, privateKey, knownHosts }: SshServer, address: string): Promise<void> {
  const options = ["BatchMode=yes", "IdentitiesOnly=yes", `UserKnownHostsFile=${knownHosts}`].flatMap((o) => ["-o", o]);
  const line = commands.map((argv) => argv.join(" ")).join(" && ");
  await run("ssh", ["-F", "none", ...options, "-i", privateKey, "-p", String(port), `bench@${address}`, line]);
}

async function run(command: string, args: readonly string[]): Promise<string> {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (said += text));
  const code = await new Promise((resolve) => child.once("close", resolve));
  if (code !== 0) throw new Error(`${command} ended with ${String(code)}`);
  return said;
}
