import { readdir, readFile, stat } from "node:fs/promises";
import { type Clock, type Host, systemClock } from "@chaos-agents/core";
import { processTree, type SshServer } from "@chaos-agents/testkit";
import type { HostOutside } from "@chaos-agents/testkit/host-contract";
import { openSshHost } from "./open-ssh-host.ts";
import type { SshHostConfig } from "./ssh-host-config.ts";

/** How to log in to a server of the testkit, with its key. */
export const configFor = (
  server: SshServer,
  username = server.users[0]!,
  more: Partial<SshHostConfig> = {},
): SshHostConfig => ({
  host: server.host,
  port: server.port,
  username,
  auth: { type: "key", private_key_path: server.privateKey },
  known_hosts: server.knownHosts,
  ...more,
});

export const open = (
  config: SshHostConfig,
  signal = AbortSignal.timeout(60_000),
  clock: Clock = systemClock,
): Promise<Host> => openSshHost(config, { signal, clock });

/** A look at the server's files and processes from this machine. */
export function outsideOf(server: SshServer, folder: string): HostOutside {
  return {
    folder,
    read: (path) => readFile(server.path(path)).catch(() => null),
    mode: async (path) => (await stat(server.path(path))).mode & 0o7777,
    list: (path) => readdir(server.path(path)),
    commandLines: async () => {
      const pids = await processTree(server.pid);
      const lines = pids.map((pid) => readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => ""));
      return (await Promise.all(lines)).map((line) => line.replaceAll("\0", " ").trim()).filter((line) => line !== "");
    },
  };
}
