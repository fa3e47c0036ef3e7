import { beginning, type Framing, type FrameWords } from "./framing.ts";

const commands: Record<number, string> = {
  0x01: "Quit",
  0x02: "InitDb",
  0x03: "Query",
  0x0e: "Ping",
  0x11: "ChangeUser",
  0x16: "StmtPrepare",
  0x17: "StmtExecute",
  0x18: "StmtSendLongData",
  0x19: "StmtClose",
  0x1a: "StmtReset",
  0x1b: "SetOption",
  0x1c: "StmtFetch",
  0x1f: "ResetConnection",
};
const header = 4;
const compressed = 0x20;
const encrypted = 0x800;

/** MySQL's packets: three bytes of length, one of place in the exchange; 0 begins a new command. */
export function mysqlFraming(): Framing {
  let login = true;
  return {
    lengthOf: (bytes) => (bytes.length < header ? undefined : header + bytes.readUIntLE(0, 3)),
    wordsOf(message): FrameWords {
      if (login) {
        login = false;
        const wants = message.readUInt32LE(header);
        if (wants & encrypted) throw new Error("this connection is encrypted: its messages cannot be told apart");
        if (wants & compressed) throw new Error("this connection is compressed: its messages cannot be told apart");
        return { kind: "Login" };
      }
      if (message[3] !== 0) return { kind: "Continued" };
      const command = message[header]!;
      const kind = commands[command] ?? `Command ${command}`;
      if (kind !== "Query" && kind !== "StmtPrepare") return { kind };
      return { kind, sql: beginning(message.toString("utf8", header + 1)) };
    },
  };
}
