import { createHmac } from "node:crypto";
import { json, type Receiver, secretsOfUrl } from "../receiver.ts";

/**
 * Any program that takes JSON. With a secret, `x-chaos-signature` is `sha256=` and the hex HMAC-SHA256 of the value of
 * `x-chaos-timestamp` (seconds since the epoch, when it was sent), a full stop, and the body.
 */
export function webhook({ url, secret }: { url: string; secret: string | null }): Receiver {
  return {
    name: "webhook",
    secrets: [...secretsOfUrl(url), ...(secret === null ? [] : [secret])],
    wants: () => true,
    request(notice, now) {
      const body = JSON.stringify({ version: 1, ...notice });
      const headers: Record<string, string> = { ...json };
      if (secret !== null) {
        const timestamp = String(Math.floor(now / 1_000));
        headers["x-chaos-timestamp"] = timestamp;
        headers["x-chaos-signature"] =
          `sha256=${createHmac("sha256", secret).update(`${timestamp}.${body}`).digest("hex")}`;
      }
      return { url, headers, body };
    },
  };
}
