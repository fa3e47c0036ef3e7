import type { Framing, FrameWords } from "./framing.ts";

const endOfHead = Buffer.from("\r\n\r\n");

/** HTTP/1.1, requests whose bodies have a length. */
export function httpFraming(): Framing {
  return {
    lengthOf(bytes) {
      if (bytes[0] === 0x16) throw new Error("this connection is encrypted: its messages cannot be told apart");
      const end = bytes.indexOf(endOfHead);
      if (end < 0) return undefined;
      const head = bytes.toString("latin1", 0, end);
      if (/^transfer-encoding:/im.test(head))
        throw new Error("a request without a length cannot be told from the next");
      return end + endOfHead.length + Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0);
    },
    wordsOf(message): FrameWords {
      const [method = "", path = ""] = message.toString("latin1", 0, message.indexOf("\r\n")).split(" ");
      return { kind: `${method} ${path}` };
    },
  };
}
