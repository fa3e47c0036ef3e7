import type { Framing } from "./framing.ts";

const newKeys = 21;
const sealLength = 16;

/** Whole packets of SSH, which are sealed from the new keys on: only under AES-GCM does their length stay readable. */
export function sshFraming(): Framing {
  let greeted = false;
  let sealed = false;
  return {
    lengthOf(bytes) {
      if (!greeted) {
        const end = bytes.indexOf("\n");
        return end < 0 ? undefined : end + 1;
      }
      if (bytes.length < 4) return undefined;
      const length = bytes.readUInt32BE(0);
      if (length > 2 ** 18) throw new Error("this is no packet of SSH under AES-GCM");
      return 4 + length + (sealed ? sealLength : 0);
    },
    wordsOf(message) {
      if (!greeted) {
        greeted = true;
        return { kind: "Greeting" };
      }
      if (sealed) return { kind: "Sealed" };
      sealed = message[5] === newKeys;
      return { kind: sealed ? "NewKeys" : "KeyExchange" };
    },
  };
}
