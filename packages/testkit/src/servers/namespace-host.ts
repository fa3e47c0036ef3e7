import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { userInfo } from "node:os";
import { type ExecOptions, type ExecResult, type Host, ChaosError, surveyHost } from "@chaos-agents/core";
import { findProgram } from "./find-program.ts";

/**
 * A quick host without systemd: processes, mounts, /etc, /run, /tmp and /var/lib of its own, on this machine's kernel. It is
 * gone, with everything in it, as soon as its owner is.
 */
export interface NamespaceHost extends AsyncDisposable {
  readonly key: string;
  open(): Promise<Host>;
  /** Runs in it, apart from any `Host`, and answers its output. */
  outside(...argv: string[]): Promise<string>;
}

const privileges = userInfo().uid === 0 ? [] : ["--user", "--map-root-user"];
const entry = userInfo().uid === 0 ? [] : ["--user", "--preserve-credentials"];

/** Why there can be none on this machine, or undefined. */
export async function namespaceHostMissing(): Promise<string | undefined> {
  if (process.platform !== "linux") return "namespaces are Linux's";
  if (!findProgram("unshare") || !findProgram("nsenter") || !findProgram("setpriv"))
    return "util-linux is not installed";
  try {
    await using host = await startNamespaceHost("probe");
    await host.outside("true");
    return undefined;
  } catch (error) {
    return `this machine does not let us make namespaces: ${String(error)}`;
  }
}

/** What others have mounted below /run comes and goes, though nobody sees it here. */
const setUp = `
  umount -l /run/netns/* /run/netns 2>/dev/null
  mount -t tmpfs -o size=64m tmpfs /tmp || exit
  mkdir -m 755 /tmp/etc && mount -t tmpfs tmpfs /tmp/etc && { cp -a /etc/. /tmp/etc/ 2>/dev/null; mount --move /tmp/etc /etc; } && rmdir /tmp/etc || exit
  for folder in /run /var/lib /var/tmp /root /home /srv /opt /dev/shm; do mount -t tmpfs tmpfs "$folder" || exit; done
  echo ready
  cat >/dev/null`;

export async function startNamespaceHost(key = "namespace:0"): Promise<NamespaceHost> {
  const child = spawn(
    "unshare",
    [...privileges, "--mount", "--net", "--pid", "--fork", "--mount-proc", "--kill-child", "sh", "-c", setUp],
    {
      stdio: ["pipe", "pipe", "pipe"],
    },
  );
  const [first] = (await Promise.race([once(child.stdout, "data"), once(child.stderr, "data")])) as [Buffer];
  if (!first.toString().startsWith("ready")) {
    child.kill("SIGKILL");
    throw new Error(first.toString().trim());
  }
  const inside = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, "utf8").trim();
  const enter = enterNamespaces(inside, entry);
  return {
    key,
    open: () => openHost(key, child, enter),
    outside: (...argv) =>
      new Promise((resolve, reject) => {
        execFile("nsenter", [...enter, ...argv], (error, stdout) => (error ? reject(error) : resolve(stdout)));
      }),
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, "exit");
      child.kill("SIGKILL");
      await gone;
    },
  };
}

async function openHost(key: string, machine: ChildProcess, enter: readonly string[]): Promise<Host> {
  let open = true;
  const lost = new Promise<string>((resolve) => machine.once("exit", () => open && resolve("it is gone")));
  const exec = (argv: readonly string[], options: ExecOptions = {}): Promise<ExecResult> => {
    if (machine.exitCode !== null || machine.signalCode !== null || !open) {
      throw new ChaosError("target-unreachable", `${key} is gone`);
    }
    return run("nsenter", [...enter, ...argv], options);
  };
  const { identity, survey } = await surveyHost(key, exec, AbortSignal.timeout(30_000));
  const bytes = async (argv: readonly string[], stdin?: string | Uint8Array) => {
    const result = await exec(argv, stdin === undefined ? {} : { stdin });
    if (result.code !== 0) throw new ChaosError("unsupported", `${key}: ${result.stderr.trim()}`);
    return result.stdout;
  };
  const host: Host = {
    key,
    label: key,
    identity,
    survey,
    wayIn: null,
    lost,
    exec,
    read: async (path) => Buffer.from(await bytes(["cat", "--", path])),
    write: async (path, content, { mode = 0o600 } = {}) => {
      const script = 'umask 077 && cat >"$1.new" && chmod "$2" "$1.new" && mv -f -- "$1.new" "$1"';
      await bytes(["sh", "-c", script, "sh", path, mode.toString(8)], content);
    },
    async upload(local, path, { mode = 0o600 } = {}) {
      await host.write(path, readFileSync(local), { mode });
    },
    async [Symbol.asyncDispose]() {
      open = false;
    },
  };
  return host;
}

async function run(
  command: string,
  args: readonly string[],
  { stdin, timeout = 120_000, signal, onOutput }: ExecOptions,
) {
  signal?.throwIfAborted();
  const child = spawn(command, args, { stdio: "pipe" });
  const collected = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  for (const stream of ["stdout", "stderr"] as const) {
    child[stream].on("data", (chunk: Buffer) => (onOutput ? onOutput(chunk, stream) : collected[stream].push(chunk)));
  }
  child.stdin.on("error", () => {});
  child.stdin.end(stdin ?? "");
  const limit = AbortSignal.timeout(timeout);
  const end = () => child.kill("SIGKILL");
  for (const one of [signal, limit]) one?.addEventListener("abort", end, { once: true });
  const [code, killedBy] = (await once(child, "close")) as [number | null, string | null];
  signal?.throwIfAborted();
  if (limit.aborted) throw new ChaosError("deadline-passed", `${args.join(" ")} took longer than ${timeout} ms`);
  const text = (chunks: Buffer[]) => Buffer.concat(chunks).toString();
  return { code, killedBy, stdout: text(collected.stdout), stderr: text(collected.stderr) };
}

/** For nsenter: into the namespaces of a process, with what is started there ended when we are. */
export const enterNamespaces = (pid: string | number, more: readonly string[] = []): string[] =>
  ["--target", `${pid}`, ...more, "--mount", "--net", "--pid", "--"].concat("setpriv", "--pdeathsig", "KILL", "--");
