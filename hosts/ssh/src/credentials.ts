import { readFile } from "node:fs/promises";
import { ChaosError, describeError } from "@chaos-agents/core";
import type { AnyAuthMethod } from "ssh2";
import { expandHome, labelOf, type SshEndpoint } from "./ssh-host-config.ts";

/** How we show who we are, and how to say that it was refused. */
export interface Credentials {
  readonly methods: AnyAuthMethod[];
  readonly refused: ChaosError;
}

export async function credentialsFor(endpoint: SshEndpoint): Promise<Credentials> {
  const { username, auth } = endpoint;
  const where = labelOf(endpoint);
  const refused = (what: string, remedy: string) =>
    new ChaosError("permission-missing", `${where} does not let the user ${username} in with ${what}`, { remedy });
  if (auth.type === "password") {
    const { password } = auth;
    return {
      methods: [
        { type: "password", username, password },
        // where PAM asks, each question is for it
        {
          type: "keyboard-interactive",
          username,
          prompt: (_name, _instructions, _language, prompts, answer) => answer(prompts.map(() => password)),
        },
      ],
      refused: refused(
        "this password",
        "Is it the right one, and does sshd_config there say PasswordAuthentication yes?",
      ),
    };
  }
  if (auth.type === "agent") {
    const agent = auth.socket === undefined ? process.env["SSH_AUTH_SOCK"] : expandHome(auth.socket);
    if (!agent) {
      throw new ChaosError("missing-secret", `no SSH agent runs here to log in to ${where}: SSH_AUTH_SOCK is not set`, {
        remedy: "Start one and add your key (ssh-add), or use auth: {type: key}",
      });
    }
    return {
      methods: [{ type: "agent", username, agent }],
      refused: refused(
        `any key of the SSH agent at ${agent}`,
        `Is it running, does it have the key (ssh-add -l), and is its public half in ~${username}/.ssh/authorized_keys there?`,
      ),
    };
  }
  const key = await readKey(auth.private_key_path, auth.passphrase, where);
  const publicKey = `${key.type} ${key.getPublicSSH().toString("base64")}`;
  return {
    methods: [{ type: "publickey", username, key }],
    refused: refused(
      `the key ${auth.private_key_path}`,
      `Add its public half to ~${username}/.ssh/authorized_keys there:\n${publicKey}`,
    ),
  };
}

async function readKey(path: string, passphrase: string | undefined, where: string) {
  const wrong = (what: string, remedy: string, cause?: unknown) =>
    new ChaosError("missing-secret", `the private key ${path} for ${where} ${what}`, { remedy, cause });
  const text = await readFile(expandHome(path)).catch((error: unknown) => {
    const missing = (error as NodeJS.ErrnoException).code === "ENOENT";
    throw wrong(
      missing ? "does not exist" : `cannot be read: ${describeError(error)}`,
      missing ? "Set private_key_path to the file you log in with" : "Let the user who runs chaos read it",
      error,
    );
  });
  const { utils } = (await import("ssh2")).default;
  const key = utils.parseKey(text, passphrase);
  if (key instanceof Error) {
    if (/no passphrase given/i.test(key.message)) {
      throw wrong("is encrypted, and there is no passphrase", "Set passphrase: ${SSH_PASSPHRASE}, or use an SSH agent");
    }
    if (passphrase !== undefined && /integrity check|bad decrypt|passphrase/i.test(key.message)) {
      throw wrong("does not open with this passphrase", "Set the right passphrase");
    }
    throw wrong("is not a private key we can read", "Make one with ssh-keygen -t ed25519");
  }
  const one = Array.isArray(key) ? key[0]! : key;
  if (!one.isPrivateKey()) throw wrong("is a public key", "Name the file without .pub");
  return one;
}
