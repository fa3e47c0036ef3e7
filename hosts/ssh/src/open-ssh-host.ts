import type { Duplex } from "node:stream";
import type { Clock, ExecOptions, ExecResult, Host } from "@chaos-agents/core";
import { surveyHost } from "@chaos-agents/core";
import { Connection } from "./connection.ts";
import { readHostFile, uploadFile, writeHostFile } from "./host-files.ts";
import { RemoteShell } from "./remote-shell.ts";
import { keyOf, labelOf, type SshHostConfig } from "./ssh-host-config.ts";

/** Logs in, looks at the host, and keeps the one connection until it is disposed of. Leaves nothing when it fails. */
export async function openSshHost(
  config: SshHostConfig,
  /** `way`: a connection to the machine's sshd, where it has no address of ours to connect to. Its end is our end. */
  context: { signal: AbortSignal; clock: Clock; way?: Duplex },
): Promise<Host> {
  const label = labelOf(config);
  const connection = await Connection.open(config, context.signal, context.way);
  const password = config.sudo_password ?? (config.auth.type === "password" ? config.auth.password : undefined);
  const shell = new RemoteShell(connection, context.clock, { username: config.username, sudoPassword: password });
  const exec = async (argv: readonly string[], options: ExecOptions = {}): Promise<ExecResult> => {
    const { stdout, stderr, ...end } = await shell.run(argv, options);
    return { ...end, stdout: stdout.toString(), stderr: stderr.toString() };
  };
  try {
    const surveyed = await surveyHost(label, exec, context.signal);
    shell.isRoot = surveyed.survey.root === "root";
    return {
      label,
      key: keyOf(config),
      ...surveyed,
      lost: connection.lost,
      exec,
      read: (path, options) => readHostFile(shell, label, path, options),
      write(path, content, options = {}) {
        const bytes = typeof content === "string" ? Buffer.from(content) : content;
        return writeHostFile(shell, label, path, { bytes, size: bytes.length }, options);
      },
      upload: (local, path, options) => uploadFile(shell, label, local, path, options),
      [Symbol.asyncDispose]: () => shell[Symbol.asyncDispose](),
    };
  } catch (error) {
    await shell[Symbol.asyncDispose]();
    throw error;
  }
}
