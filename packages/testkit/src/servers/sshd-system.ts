import { execFile } from "node:child_process";
import { appendFile, chmod, chown, copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { userInfo } from "node:os";
import { promisify } from "node:util";
import { findProgram } from "./find-program.ts";
import type { Keep } from "./keep.ts";

const run = promisify(execFile);
const firstUid = 40_001;

export interface SshUser {
  /** `root` is there already, and gets what stands here. */
  name: string;
  /** `/bin/sh` when left out. */
  shell?: string;
  /** Without one only the key opens. */
  password?: string;
  /** Whether sudo asks for the password; no sudo when left out. */
  sudo?: "free" | "asks";
}

export interface PreparedSystem {
  users: readonly string[];
  privateKey: string;
  hostKeyFiles: string[];
  hostKeys: string[];
}

/** Writes the keys and, for users of its own, the /etc, /home and /tmp that the server will see. */
export async function prepareSystem(keep: Keep, users: readonly SshUser[] | null): Promise<PreparedSystem> {
  const privateKey = keep.path("id_ed25519");
  const kinds = ["ed25519", "ecdsa"];
  const hostKeyFiles = kinds.map((kind) => keep.path(`host_${kind}`));
  await Promise.all([
    makeKey("ed25519", privateKey),
    ...kinds.map((kind, i) => makeKey(kind, hostKeyFiles[i]!)),
    ...(users ? [copySystem(keep, users)] : []),
  ]);
  const hostKeys = await Promise.all(
    hostKeyFiles.map(async (file) => (await readFile(`${file}.pub`, "utf8")).split(" ", 2).join(" ")),
  );
  const common = { privateKey, hostKeyFiles, hostKeys: hostKeys.map((key) => key.trim()) };
  if (users === null) {
    return { ...common, users: [userInfo().username] };
  }
  for (const [i, user] of users.entries()) await makeHome(keep, user, uidOf(user, i), `${privateKey}.pub`);
  return { ...common, users: users.map(({ name }) => name) };
}

async function makeKey(kind: string, file: string): Promise<void> {
  await run(findProgram("ssh-keygen")!, ["-q", "-t", kind, "-N", "", "-C", "chaos-testkit", "-f", file]);
}

const uidOf = (user: SshUser, i: number) => (user.name === "root" ? 0 : firstUid + i);

async function copySystem(keep: Keep, users: readonly SshUser[]): Promise<void> {
  const etc = keep.path("etc");
  await run("cp", ["-a", "/etc", etc]);
  await Promise.all([
    mkdir(keep.path("home")).then(() => chmod(keep.path("home"), 0o755)),
    mkdir(keep.path("tmp")).then(() => chmod(keep.path("tmp"), 0o1777)),
    rm(`${etc}/sudoers.d`, { recursive: true, force: true }),
    rm(`${etc}/nologin`, { force: true }),
  ]);
  const named = new Set(users.map(({ name }) => name));
  for (const file of ["passwd", "shadow", "group"]) {
    const lines = (await readFile(`/etc/${file}`, "utf8")).split("\n").filter((line) => line !== "");
    const others = lines.filter((line) => !named.has(line.slice(0, line.indexOf(":"))));
    await writeFile(`${etc}/${file}`, others.map((line) => `${line}\n`).join(""));
  }
  let sudoers = 'Defaults env_reset, secure_path="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"\n';
  for (const [i, user] of users.entries()) {
    const id = uidOf(user, i);
    const hash = user.password === undefined ? "*" : await hashOf(user.password);
    await appendFile(`${etc}/passwd`, `${user.name}:x:${id}:${id}::/home/${user.name}:${user.shell ?? "/bin/sh"}\n`);
    await appendFile(`${etc}/shadow`, `${user.name}:${hash}:20000:0:99999:7:::\n`);
    await appendFile(`${etc}/group`, `${user.name}:x:${id}:\n`);
    if (user.sudo) sudoers += `${user.name} ALL=(ALL:ALL) ${user.sudo === "free" ? "NOPASSWD: " : ""}ALL\n`;
    if (user.shell) await appendFile(`${etc}/shells`, `${user.shell}\n`);
  }
  await rm(`${etc}/sudoers`, { force: true });
  await writeFile(`${etc}/sudoers`, sudoers, { mode: 0o440 });
}

async function hashOf(password: string): Promise<string> {
  const hashing = run("openssl", ["passwd", "-6", "-stdin"]);
  hashing.child.stdin!.end(password);
  return (await hashing).stdout.trim();
}

async function makeHome(keep: Keep, user: SshUser, id: number, publicKey: string): Promise<void> {
  const home = keep.path("home", user.name);
  await mkdir(`${home}/.ssh`, { recursive: true });
  await chmod(home, 0o755);
  await chmod(`${home}/.ssh`, 0o700);
  await copyFile(publicKey, `${home}/.ssh/authorized_keys`);
  for (const path of [home, `${home}/.ssh`, `${home}/.ssh/authorized_keys`]) await chown(path, id, id);
}
