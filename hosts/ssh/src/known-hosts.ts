import { createHash, createHmac } from "node:crypto";

/** A host's public key as it stands in known_hosts: `ssh-ed25519`, and its bytes in base64. */
export interface HostKey {
  readonly type: string;
  readonly base64: string;
}

interface KnownHost extends HostKey {
  readonly marker: "revoked" | "cert-authority" | undefined;
  readonly names: string;
  /** Counted from 1. */
  readonly line: number;
}

/** What known_hosts says of a host that shows a key. */
export type Verdict =
  | { kind: "known" }
  | { kind: "unknown" }
  /** Another key of this host stands there. */
  | { kind: "changed"; known: readonly (HostKey & { line: number })[] }
  | { kind: "revoked"; line: number }
  /** Only keys that this authority signed are trusted, and certificates are beyond us. */
  | { kind: "authority"; line: number };

export const namesOf = (host: string, port: number): string =>
  port === 22 ? host.toLowerCase() : `[${host.toLowerCase()}]:${port}`;

/** As ssh-keygen -l shows it. */
export const fingerprintOf = (key: HostKey): string =>
  `SHA256:${createHash("sha256").update(Buffer.from(key.base64, "base64")).digest("base64").replace(/=+$/, "")}`;

export function hostKeyOf(blob: Buffer): HostKey {
  return { type: blob.toString("latin1", 4, 4 + blob.readUInt32BE(0)), base64: blob.toString("base64") };
}

/** Lines that cannot be read are passed over, as ssh does. */
export class KnownHosts {
  readonly #entries: readonly KnownHost[];

  constructor(text: string) {
    this.#entries = text.split("\n").flatMap((line, i) => parseLine(line, i + 1));
  }

  /** Which kinds of key this host is known by: the ones to ask it for. */
  keyTypes(host: string, port: number): string[] {
    const known = this.#of(namesOf(host, port)).filter(({ marker }) => marker === undefined);
    return [...new Set(known.map(({ type }) => type))];
  }

  judge(host: string, port: number, key: HostKey): Verdict {
    const entries = this.#of(namesOf(host, port));
    const same = (entry: KnownHost) => entry.base64 === key.base64 && entry.type === key.type;
    const revoked = entries.find((entry) => entry.marker === "revoked" && same(entry));
    if (revoked) return { kind: "revoked", line: revoked.line };
    const known = entries.filter(({ marker }) => marker === undefined);
    if (known.some(same)) return { kind: "known" };
    if (known.length > 0) return { kind: "changed", known };
    const authority = entries.find(({ marker }) => marker === "cert-authority");
    return authority ? { kind: "authority", line: authority.line } : { kind: "unknown" };
  }

  #of(name: string): KnownHost[] {
    return this.#entries.filter(({ names }) => matches(names, name));
  }
}

function parseLine(line: string, number: number): KnownHost[] {
  const words = line.trim().split(/\s+/);
  const marker = words[0]?.startsWith("@") ? words.shift()!.slice(1) : undefined;
  const [names, type, base64] = words;
  if (!names || names.startsWith("#") || !type || !base64) return [];
  if (marker !== undefined && marker !== "revoked" && marker !== "cert-authority") return [];
  return [{ marker, names, type, base64, line: number }];
}

function matches(names: string, name: string): boolean {
  if (names.startsWith("|1|")) {
    const [, , salt, hash] = names.split("|");
    return (
      createHmac("sha1", Buffer.from(salt ?? "", "base64"))
        .update(name)
        .digest("base64") === hash
    );
  }
  const patterns = names.toLowerCase().split(",");
  const fits = (pattern: string) => globOf(pattern).test(name);
  return (
    patterns.some((pattern) => !pattern.startsWith("!") && fits(pattern)) &&
    !patterns.some((pattern) => pattern.startsWith("!") && fits(pattern.slice(1)))
  );
}

const globOf = (pattern: string): RegExp =>
  new RegExp(
    `^${pattern.replaceAll(/[^\w]/g, (letter) => (letter === "*" ? ".*" : letter === "?" ? "." : `\\${letter}`))}$`,
  );
