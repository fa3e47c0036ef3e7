import { appendFile, mkdir, readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { ChaosError, describeError } from "@chaos-agents/core";
import { fingerprintOf, type HostKey, hostKeyOf, KnownHosts, namesOf } from "./known-hosts.ts";
import { expandHome, labelOf, portOf, type SshEndpoint } from "./ssh-host-config.ts";

/** What ssh2 offers when nobody asks for anything else. */
const algorithms = [
  "ssh-ed25519",
  "ecdsa-sha2-nistp256",
  "ecdsa-sha2-nistp384",
  "ecdsa-sha2-nistp521",
  "rsa-sha2-512",
  "rsa-sha2-256",
  "ssh-rsa",
] as const;
type Algorithm = (typeof algorithms)[number];

/** Compares the key that a host shows with known_hosts. */
export class HostKeyCheck {
  /** Why the key was refused. */
  refusal: ChaosError | undefined;
  readonly #endpoint: SshEndpoint;
  readonly #file: string;
  readonly #known: KnownHosts;
  #new: HostKey | undefined;

  private constructor(endpoint: SshEndpoint, file: string, known: KnownHosts) {
    this.#endpoint = endpoint;
    this.#file = file;
    this.#known = known;
  }

  static async open(endpoint: SshEndpoint): Promise<HostKeyCheck> {
    const file = fileOf(endpoint);
    return new HostKeyCheck(endpoint, file, new KnownHosts(await readKnownHosts(file)));
  }

  /** First the kinds of key that we know the host by, so that one with many keys shows one of those. */
  algorithms(): Algorithm[] {
    const known = this.#known.keyTypes(this.#endpoint.host, portOf(this.#endpoint));
    const first = algorithms.filter((name) => known.includes(name.startsWith("rsa-") ? "ssh-rsa" : name));
    return [...first, ...algorithms.filter((name) => !first.includes(name))];
  }

  accepts(blob: Buffer): boolean {
    const key = hostKeyOf(blob);
    const verdict = this.#known.judge(this.#endpoint.host, portOf(this.#endpoint), key);
    if (verdict.kind === "known") return true;
    if (verdict.kind === "unknown" && this.#endpoint.host_key_check === "accept-new") {
      this.#new = key;
      return true;
    }
    const where = labelOf(this.#endpoint);
    const shown = `${key.type} ${fingerprintOf(key)}`;
    const line = lineOf(this.#endpoint, key);
    const facts = { file: this.#file, fingerprint: fingerprintOf(key), line };
    const refuse = (message: string, remedy: string, more: Record<string, unknown> = {}) =>
      new ChaosError("target-unreachable", message, { remedy, facts: { ...facts, ...more } });
    const compare = `run "ssh-keygen -lf" on its /etc/ssh/ssh_host_*.pub there, and compare`;
    switch (verdict.kind) {
      case "unknown":
        this.refusal = refuse(
          `${where} is not known: it shows the host key ${shown}, and ${this.#file} has none for it`,
          `Make sure that it is the right one (${compare}); then add this line to ${this.#file}, or set host_key_check: accept-new\n${line}`,
        );
        break;
      case "changed": {
        const known = verdict.known.map((one) => `${one.type} ${fingerprintOf(one)} (line ${one.line})`);
        this.refusal = refuse(
          `the host key of ${where} has changed: it shows ${shown}, and ${this.#file} has ${known.join(", ")}`,
          `Somebody may be in between, or the host was made anew: ${compare}. Only if it is right, replace the line in ${this.#file} by\n${line}`,
          { known: verdict.known.map((one) => ({ line: one.line, fingerprint: fingerprintOf(one) })) },
        );
        break;
      }
      case "revoked":
        this.refusal = refuse(
          `the host key that ${where} shows is revoked: ${shown}, ${this.#file} line ${verdict.line}`,
          "Whoever has this key may pretend to be the host: find out why it was revoked",
        );
        break;
      case "authority":
        this.refusal = refuse(
          `${where} is known by a certificate authority only (${this.#file} line ${verdict.line}), and host certificates are not supported; it shows ${shown}`,
          `Make sure that it is the right one (${compare}); then add this line to ${this.#file}\n${line}`,
        );
        break;
    }
    return false;
  }

  /** Once the host has proved that the key is its own. */
  async remember(): Promise<void> {
    const key = this.#new;
    if (key) await inTurn(this.#file, () => addLine(this.#endpoint, this.#file, key));
  }
}

const fileOf = (endpoint: SshEndpoint) => expandHome(endpoint.known_hosts ?? "~/.ssh/known_hosts");

const lineOf = (endpoint: SshEndpoint, key: HostKey) =>
  `${namesOf(endpoint.host, portOf(endpoint))} ${key.type} ${key.base64}`;

async function readKnownHosts(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw new ChaosError("permission-missing", `${file} cannot be read: ${describeError(error)}`, {
      remedy: "Host keys are checked against it: let us read it, or name another in known_hosts",
      cause: error,
    });
  }
}

/** One write at the end of the file is whole or not there, whoever else writes, and keeps links and owners. */
async function addLine(endpoint: SshEndpoint, file: string, key: HostKey): Promise<void> {
  const text = await readKnownHosts(file);
  if (new KnownHosts(text).judge(endpoint.host, portOf(endpoint), key).kind !== "unknown") return;
  const begin = text === "" || text.endsWith("\n") ? "" : "\n";
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await appendFile(file, `${begin}${lineOf(endpoint, key)}\n`, { mode: 0o600, flush: true });
  } catch (error) {
    throw new ChaosError(
      "permission-missing",
      `the host key of ${labelOf(endpoint)} cannot be added to ${file}: ${describeError(error)}`,
      { remedy: "Let us write there, or name another file in known_hosts", cause: error },
    );
  }
}

const turns = new Map<string, Promise<unknown>>();

/** Many hosts may be new at once. */
async function inTurn<T>(file: string, task: () => Promise<T>): Promise<T> {
  const turn = (turns.get(file) ?? Promise.resolve()).then(task, task);
  turns.set(file, turn);
  try {
    return await turn;
  } finally {
    if (turns.get(file) === turn) turns.delete(file);
  }
}
