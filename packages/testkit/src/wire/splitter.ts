import type { Framing, FrameWords } from "./framing.ts";
import { httpFraming } from "./http-frames.ts";
import { mysqlFraming } from "./mysql-frames.ts";
import { postgresFraming } from "./postgres-frames.ts";
import { sshFraming } from "./ssh-frames.ts";

export const framings = {
  postgres: postgresFraming,
  mysql: mysqlFraming,
  ssh: sshFraming,
  http: httpFraming,
} satisfies Record<string, () => Framing>;

/** Cuts a stream of chunks into whole messages. */
export class Splitter {
  readonly #framing: Framing;
  #chunks: Buffer[] = [];
  #held = 0;
  #wanted: number | undefined;

  constructor(framing: Framing) {
    this.#framing = framing;
  }

  *push(chunk: Buffer): Generator<{ bytes: Buffer; words: FrameWords }> {
    this.#chunks.push(chunk);
    this.#held += chunk.length;
    if (this.#wanted !== undefined && this.#held < this.#wanted) return;
    let rest = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks);
    for (;;) {
      this.#wanted = this.#framing.lengthOf(rest);
      if (this.#wanted === undefined || rest.length < this.#wanted) break;
      const bytes = rest.subarray(0, this.#wanted);
      rest = rest.subarray(this.#wanted);
      yield { bytes, words: this.#framing.wordsOf(bytes) };
    }
    this.#chunks = [rest];
    this.#held = rest.length;
  }
}
