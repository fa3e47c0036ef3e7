/** What a protocol knows of one message from a client. */
export interface FrameWords {
  /** The protocol's own word: `Query`, `Bind`, `StmtExecute`. */
  kind: string;
  /** The beginning of the statement, where the message holds one. */
  sql?: string;
}

/** One connection's direction from client to server. Throws on what cannot be read as messages: TLS, compression. */
export interface Framing {
  /** How long the message is that `bytes` begin with; undefined while too little is there to tell. */
  lengthOf(bytes: Buffer): number | undefined;
  /** Called once for each whole message, in order. */
  wordsOf(message: Buffer): FrameWords;
}

/** Enough of a statement to know it by in a report. */
export function beginning(sql: string): string {
  return sql.replaceAll(/\s+/g, " ").trim().slice(0, 200);
}
