import { ChaosError, describeError } from "@chaos-agents/core";
import type { Driver } from "./dialect.ts";
import { describeEndpoint, type Endpoint } from "./endpoint.ts";

interface Failure {
  what: string;
  remedy: string;
}

/** Failures of the way there, which are the same for every server. */
function onTheWay(error: unknown, endpoint: Endpoint): Failure | undefined {
  const code = (error as { code?: string } | null)?.code ?? "";
  const words = describeError(error);
  const fullyChecked = endpoint.tls.mode === "verify-full" || endpoint.tls.mode === "verify-ca";
  if (code === "ECONNREFUSED") {
    return { what: "nothing listens there", remedy: "Start the server, or check host and port in connection_url" };
  }
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") {
    return {
      what: `the name ${endpoint.host} cannot be resolved`,
      remedy: "Check the host in connection_url, and your DNS",
    };
  }
  if (code === "EHOSTUNREACH" || code === "ENETUNREACH") {
    return { what: "there is no way to that network", remedy: "Check the host, your VPN and your routes" };
  }
  if (code === "ETIMEDOUT" || /timeout expired|connect ETIMEDOUT|connection timeout/i.test(words)) {
    const seconds = endpoint.connectTimeout / 1_000;
    return {
      what: `no answer within ${seconds} s`,
      remedy:
        "Check host and port, and that no firewall drops the connection; connect_timeout= in connection_url allows more",
    };
  }
  if (code === "ECONNRESET" || code === "PROTOCOL_CONNECTION_LOST" || /terminated unexpectedly/i.test(words)) {
    return {
      what: "the server hung up",
      remedy: "Check that this port speaks the database's protocol, and the server's log",
    };
  }
  if (code === "ENOENT" || code === "EACCES") {
    return { what: words, remedy: "Check the paths in connection_url: socket and certificates" };
  }
  if (fullyChecked && /does not match certificate/i.test(words)) {
    return {
      what: `its TLS certificate was made for another name: ${words}`,
      remedy: "Connect by a name the certificate was made for, or write verify-ca to check its authority alone",
    };
  }
  if (fullyChecked && (/CERT|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)/.test(code) || /certificate/i.test(words))) {
    return {
      what: `its TLS certificate is not trusted: ${words}`,
      remedy:
        endpoint.engine === "postgres"
          ? "Name the authority that signed it: sslrootcert=/path/to/ca.pem in connection_url"
          : "Name the authority that signed it: ssl-ca=/path/to/ca.pem in connection_url",
    };
  }
  return undefined;
}

/** What people see when a database cannot be reached: what happened, where, and what to do. Never a password. */
export function connectFailure(error: unknown, endpoint: Endpoint, driver: Driver): ChaosError {
  const product = endpoint.engine === "postgres" ? "PostgreSQL" : "MySQL";
  const where = describeEndpoint(endpoint);
  const failure = driver.connectFailure(error, endpoint) ??
    onTheWay(error, endpoint) ?? { what: describeError(error), remedy: "Try the same URL with psql or mysql" };
  return new ChaosError("target-unreachable", `cannot connect to ${product} at ${where}: ${failure.what}`, {
    remedy: failure.remedy,
    facts: { where, reason: (error as { code?: string } | null)?.code ?? null },
    cause: error,
  });
}
