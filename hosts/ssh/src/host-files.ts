import { randomBytes } from "node:crypto";
import { open } from "node:fs/promises";
import type { Readable } from "node:stream";
import { ChaosError, describeError, type Host } from "@chaos-agents/core";
import type { RemoteShell } from "./remote-shell.ts";

type FileOptions = Parameters<Host["write"]>[2];

/** Writes what it is given to a file beside it, and only when all of it has come, lets it take the file's place. */
const writeScript = `
set -efu
path=$1 mode=$2 size=$3 folder=$4 part=$5
if [ -d "$path" ]; then echo "it is a folder" >&2; exit 1; fi
umask 077
trap 'rm -f -- "$part"' EXIT
trap 'exit 1' HUP INT TERM
trap '' PIPE
set -C
: >"$part"
set +C
cat >"$part"
if [ "$(wc -c <"$part")" -ne "$size" ]; then echo "not all of it arrived" >&2; exit 1; fi
chmod -- "$mode" "$part"
sync -- "$part" 2>/dev/null || sync
mv -f -- "$part" "$path"
trap - EXIT
sync -- "$folder" 2>/dev/null || :
`;

export async function readHostFile(
  shell: RemoteShell,
  label: string,
  path: string,
  options: Parameters<Host["read"]>[1] = {},
): Promise<Uint8Array> {
  const { code, stdout, stderr } = await shell.run(["env", "LC_ALL=C", "cat", "--", path], options);
  if (code !== 0) throw failure(`${path} on ${label} cannot be read`, stderr.toString());
  return stdout;
}

export async function writeHostFile(
  shell: RemoteShell,
  label: string,
  path: string,
  content: { bytes: Uint8Array | Readable; size: number },
  { mode = 0o600, ...options }: NonNullable<FileOptions> & { timeout?: number },
): Promise<void> {
  const folder = path.slice(0, path.lastIndexOf("/") + 1) || "./";
  const part = `${folder}.chaos-${randomBytes(6).toString("hex")}`;
  const words = [path, mode.toString(8), String(content.size), folder, part];
  const argv = ["env", "LC_ALL=C", "sh", "-c", writeScript, "sh", ...words];
  const { code, stderr } = await shell.run(argv, { ...options, stdin: content.bytes }).catch(async (error: unknown) => {
    // a host that is busy may have had no time to do it itself
    const removal = shell.run(["rm", "-f", "--", part], { root: options.root ?? false, timeout: 10_000 });
    await removal.catch(() => {});
    throw error;
  });
  if (code !== 0) throw failure(`${path} on ${label} cannot be written`, stderr.toString());
}

export async function uploadFile(
  shell: RemoteShell,
  label: string,
  local: string,
  path: string,
  options: FileOptions = {},
): Promise<void> {
  const unreadable = (error: unknown) =>
    new ChaosError("usage", `${local} cannot be read to be sent to ${label}: ${describeError(error)}`, {
      remedy: "Name a file that we may read",
      cause: error,
    });
  const file = await open(local).catch((error: unknown) => {
    throw unreadable(error);
  });
  await using _ = file;
  const { size } = await file.stat();
  const bytes = file.createReadStream({ autoClose: false });
  let broken: unknown;
  bytes.once("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "ERR_STREAM_PREMATURE_CLOSE") broken = error;
  });
  try {
    await writeHostFile(shell, label, path, { bytes, size }, { ...options, timeout: uploadTimeoutMs(size) });
  } catch (error) {
    throw broken === undefined ? error : unreadable(broken);
  } finally {
    bytes.destroy();
  }
}

/** Two minutes, and what it takes at 1 MB/s. */
const uploadTimeoutMs = (size: number) => 120_000 + size / 1_000;

function failure(what: string, said: string): ChaosError {
  const why = said.trim().split("\n").at(-1)!.replace(/^.*: /, "") || "no reason was given";
  const [code, remedy] = /permission denied|not permitted|read-only/i.test(said)
    ? (["permission-missing", "Is it for root, or is it mounted read-only?"] as const)
    : /no such file|not a directory|nonexistent/i.test(said)
      ? (["nothing-matched", "Is the path right?"] as const)
      : (["internal", "See what is wrong with it on the host"] as const);
  return new ChaosError(code, `${what}: ${why}`, { remedy, facts: { said: said.trim().slice(0, 500) } });
}
