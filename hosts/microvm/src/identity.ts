import { randomBytes } from "node:crypto";
import type { Clock } from "@chaos-agents/core";
import ssh2 from "ssh2";
import { type ArchiveEntry, packArchive } from "./image/cpio.ts";

export interface GuestAddress {
  readonly address: string;
  readonly prefix: number;
  readonly netmask: string;
  readonly gateway: string;
}

interface KeyPair {
  readonly private: string;
  readonly public: string;
}

/** What makes a machine this one and no other. */
export interface MachineIdentity {
  readonly hostname: string;
  readonly machineId: string;
  readonly hostKey: KeyPair;
  /** Who may log in as root. */
  readonly clientKey: KeyPair;
  readonly network: GuestAddress;
}

export const newIdentity = (hostname: string, network: GuestAddress): MachineIdentity => ({
  hostname,
  machineId: randomBytes(16).toString("hex"),
  hostKey: newHostKey(hostname),
  // Of the kind that OpenSSL verifies: OpenSSH's own ed25519 is slow where the CPU is emulated.
  clientKey: keyPair(ssh2.utils.generateKeyPairSync("ecdsa", { bits: 256, comment: "chaos-agents" })),
  network,
});

/** ssh2 drops the zero that one public key of 256 begins with; no sshd takes what is left, so such a pair is made again. */
export function newHostKey(comment: string): KeyPair {
  for (;;) {
    const made = ssh2.utils.generateKeyPairSync("ed25519", { comment });
    if (Buffer.from(made.public.split(" ")[1]!, "base64").length === wholeHostKey) return keyPair(made);
  }
}
const wholeHostKey = 4 + "ssh-ed25519".length + 4 + 32;

const keyPair = (made: KeyPair): KeyPair => ({ private: made.private, public: made.public });

/** The same files for a machine that boots and for a clone that wakes. */
const identityFiles = (identity: MachineIdentity) => [
  { path: "etc/machine-id", mode: 0o444, content: `${identity.machineId}\n` },
  { path: "etc/hostname", mode: 0o644, content: `${identity.hostname}\n` },
  { path: "etc/hosts", mode: 0o644, content: `127.0.0.1 localhost\n127.0.1.1 ${identity.hostname}\n::1 localhost\n` },
  { path: "etc/ssh/ssh_host_ed25519_key", mode: 0o600, content: identity.hostKey.private },
  { path: "etc/ssh/ssh_host_ed25519_key.pub", mode: 0o644, content: `${identity.hostKey.public}\n` },
  { path: "root/.ssh/authorized_keys", mode: 0o600, content: `${identity.clientKey.public}\n` },
];

/** What follows the initramfs of a machine: its init finds it there at every boot. */
export function identityArchive(identity: MachineIdentity): Buffer {
  const { address, prefix, gateway } = identity.network;
  const folders: ArchiveEntry[] = [
    { path: "identity", mode: 0o755 },
    { path: "identity/etc", mode: 0o755 },
    { path: "identity/etc/ssh", mode: 0o755 },
    { path: "identity/root", mode: 0o700 },
    { path: "identity/root/.ssh", mode: 0o700 },
  ];
  const files = identityFiles(identity).map((file) => ({ ...file, path: `identity/${file.path}` }));
  const network = { path: "network", mode: 0o644, content: `address=${address}/${prefix}\ngateway=${gateway}\n` };
  return packArchive([...folders, ...files, network]);
}

/** The same for the agent in a clone, with all that a boot would have made new. */
export function identityMessage(identity: MachineIdentity, clock: Clock): string {
  const { address, netmask, gateway } = identity.network;
  const now = clock.now();
  const hex = (text: string) => Buffer.from(text).toString("hex");
  return [
    `clock ${Math.floor(now / 1_000)} ${Math.floor((now % 1_000) * 1e6)}`,
    `entropy ${randomBytes(64).toString("hex")}`,
    ...identityFiles(identity).map(({ path, content }) => `file /${path} ${hex(content)}`),
    `hostname ${identity.hostname}`,
    `address ${address} ${netmask} ${gateway}`,
    "sshd",
    "end\n",
  ].join("\n");
}
