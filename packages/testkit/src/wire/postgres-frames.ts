import { beginning, type Framing, type FrameWords } from "./framing.ts";

const kinds: Record<string, string> = {
  B: "Bind",
  C: "Close",
  D: "Describe",
  E: "Execute",
  F: "FunctionCall",
  H: "Flush",
  P: "Parse",
  Q: "Query",
  S: "Sync",
  X: "Terminate",
  c: "CopyDone",
  d: "CopyData",
  f: "CopyFail",
  p: "Password",
};
const openings = new Map([
  [80_877_102, "CancelRequest"],
  [80_877_103, "SSLRequest"],
  [80_877_104, "GSSENCRequest"],
]);
const tlsRecord = 0x16;

/** PostgreSQL's protocol, version 3: openings without a letter first, then messages that begin with one. */
export function postgresFraming(): Framing {
  let opening = true;
  return {
    lengthOf(bytes) {
      if (opening && bytes[0] === tlsRecord)
        throw new Error("this connection is encrypted: its messages cannot be told apart");
      const at = opening ? 0 : 1;
      return bytes.length < at + 4 ? undefined : at + bytes.readUInt32BE(at);
    },
    wordsOf(message): FrameWords {
      if (opening) {
        const kind = openings.get(message.readUInt32BE(4));
        opening = kind !== undefined;
        return { kind: kind ?? "Startup" };
      }
      const letter = String.fromCharCode(message[0]!);
      const kind = kinds[letter] ?? letter;
      if (letter === "Q") return { kind, sql: textFrom(message, 5) };
      if (letter === "P") return { kind, sql: textFrom(message, message.indexOf(0, 5) + 1) };
      return { kind };
    },
  };
}

function textFrom(message: Buffer, start: number): string {
  return beginning(message.toString("utf8", start, message.indexOf(0, start)));
}
