import type { Duplex } from "node:stream";
import { homedir } from "node:os";
import { join } from "node:path";

export type SshAuth =
  | { type: "key"; private_key_path: string; passphrase?: string | undefined }
  | { type: "password"; password: string }
  /** The one at SSH_AUTH_SOCK, when no socket is named. */
  | { type: "agent"; socket?: string | undefined };

/** One machine to log in to, as a file has it. Whoever reads the file checks it. */
export interface SshEndpoint {
  host: string;
  /** 22 when left out. */
  port?: number | undefined;
  username: string;
  auth: SshAuth;
  /** `~/.ssh/known_hosts` when left out. */
  known_hosts?: string | undefined;
  /** `strict` when left out. `accept-new` writes the key of a host it does not know to known_hosts; a changed key is refused by both. */
  host_key_check?: "strict" | "accept-new" | undefined;
}

export interface SshHostConfig extends SshEndpoint {
  /** For people; the host's address when left out. */
  name?: string | undefined;
  /** The way there, first the one that we reach ourselves. */
  jump?: readonly SshEndpoint[] | undefined;
  /** Connects to the first machine, where it has no address that we could connect to ourselves. */
  way?: ((signal: AbortSignal) => Promise<Duplex>) | undefined;
  /** For sudo where it asks; the login password when left out. */
  sudo_password?: string | undefined;
  /** How long reaching it and logging in may take; 15 when left out. */
  connect_seconds?: number | undefined;
  /** How soon a host that says nothing is given up: after `count` questions without an answer, `seconds` apart. 5 × 2 when left out. */
  keep_alive?: { seconds: number; count: number } | undefined;
}

export const portOf = (endpoint: SshEndpoint): number => endpoint.port ?? 22;

export const addressOf = (endpoint: SshEndpoint): string =>
  `${endpoint.host.includes(":") ? `[${endpoint.host}]` : endpoint.host}:${portOf(endpoint)}`;

/** For messages: `web-1 (10.0.1.50)`, and the port where it is not 22. */
export function labelOf(endpoint: SshEndpoint & { name?: string | undefined }): string {
  const address = portOf(endpoint) === 22 ? endpoint.host : addressOf(endpoint);
  return endpoint.name === undefined || endpoint.name === endpoint.host ? address : `${endpoint.name} (${address})`;
}

export const keyOf = (config: SshHostConfig): string => [...(config.jump ?? []), config].map(addressOf).join(">");

export const sudoPasswordOf = ({ sudo_password, auth }: SshHostConfig): string | undefined =>
  sudo_password ?? (auth.type === "password" ? auth.password : undefined);

export const expandHome = (path: string): string =>
  path === "~" || path.startsWith("~/") ? join(process.env["HOME"] || homedir(), path.slice(1)) : path;
