import { runCommand } from "../commands.ts";

export async function qemuVersion(signal: AbortSignal): Promise<string> {
  const text = await runCommand(["qemu-system-x86_64", "--version"], { signal });
  return /version (\S+)/.exec(text)?.[1] ?? text.trim();
}
