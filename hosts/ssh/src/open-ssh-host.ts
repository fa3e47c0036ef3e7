import type { Clock, ExecOptions, ExecResult, Host } from "@chaos-agents/core";
import { surveyHost } from "@chaos-agents/core";
import { readHostFile, uploadFile, writeHostFile } from "./host-files.ts";
import { RemoteShell } from "./remote-shell.ts";
import { keyOf, labelOf, type SshHostConfig } from "./ssh-host-config.ts";

/** Logs in, looks at the host, and keeps the one connection until it is disposed of. Leaves nothing when it fails. */
export async function openSshHost(
  config: SshHostConfig,
  context: { signal: AbortSignal; clock: Clock },
): Promise<Host> {
  const label = labelOf(config);
  const shell = await RemoteShell.open(config, context);
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
      lost: shell.lost,
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
