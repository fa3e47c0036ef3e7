import { ChaosError } from "@chaos-agents/core";
import { findProgram } from "./find-program.ts";
import type { Keep } from "./keep.ts";

/** Paths of PEM files, made for one server and gone with its directory. */
export interface Certificates {
  /** Of the authority that signed the two below. */
  readonly ca: string;
  /** The server's, for the name `localhost` and nothing else. */
  readonly server: { cert: string; key: string };
  /** A client's. */
  readonly client: { cert: string; key: string };
  /** Of an authority that signed nothing here. */
  readonly otherCa: string;
}

export const clientName = "chaos-client";

/** Why certificates cannot be made here, or undefined when they can. */
export function opensslMissing(): string | undefined {
  return findProgram("openssl") ? undefined : "OpenSSL is not installed (Debian package openssl)";
}

/** Makes them anew with the system's OpenSSL, as the user the server runs as: it insists on owning its key. */
export async function makeCertificates(keep: Keep): Promise<Certificates> {
  const missing = opensslMissing();
  if (missing !== undefined) throw new ChaosError("unsupported", missing, { remedy: "apt-get install openssl" });
  const make = async (name: string, subject: string, ...more: string[]) => {
    const [cert, key] = [keep.path(`${name}.pem`), keep.path(`${name}.key`)];
    const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-days", "2"];
    await keep.run({
      command: findProgram("openssl")!,
      args: ["req", "-x509", ...kind, "-subj", `/CN=${subject}`, "-keyout", key, "-out", cert, ...more],
      log: keep.path("openssl.log"),
    });
    return { cert, key };
  };
  const ca = await make("ca", "an authority for tests");
  const signed = ["-CA", ca.cert, "-CAkey", ca.key, "-addext", "basicConstraints=critical,CA:FALSE"];
  const [server, client, other] = await Promise.all([
    make("server", "localhost", ...signed, "-addext", "subjectAltName=DNS:localhost"),
    make("client", clientName, ...signed),
    make("other-ca", "another authority for tests"),
  ]);
  return { ca: ca.cert, server, client, otherCa: other.cert };
}
