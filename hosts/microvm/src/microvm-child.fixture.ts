import { MicrovmProvider } from "./microvm-provider.ts";

/** Makes a machine, says so, and lives until it is killed. Says before that when the machine has begun to be. */
const [machines, tag, start] = process.argv.slice(2);
const provider = new MicrovmProvider({ machines: machines! });
const making = provider.make(
  { start: start as "boot" | "clone", network: "tap", isolated: true },
  tag!,
  AbortSignal.timeout(300_000),
);
const made = await making;
process.stdout.write(`${made.id}\n`);
setInterval(() => {}, 60_000);
