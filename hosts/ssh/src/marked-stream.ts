const mostNoise = 65_536;

/**
 * What a command prints, from the mark on. Before it stands what was not the command's: a login shell's profile, sudo's
 * lecture. The mark's line names the session that the command runs in.
 */
export class MarkedStream {
  readonly #mark: Buffer;
  #before = Buffer.alloc(0);
  #session: number | undefined;

  constructor(mark: string) {
    this.#mark = Buffer.from(mark);
  }

  get session(): number | undefined {
    return this.#session;
  }

  /** What came while there was no mark. */
  get noise(): string {
    return this.#before.toString();
  }

  /** The part of this chunk that is the command's. */
  push(chunk: Buffer): Buffer {
    if (this.#session !== undefined) return chunk;
    const all = Buffer.concat([this.#before, chunk]);
    const at = all.indexOf(this.#mark);
    const end = at < 0 ? -1 : all.indexOf("\n", at);
    if (end < 0) {
      this.#before = all.length > mostNoise ? all.subarray(-mostNoise) : all;
      return Buffer.alloc(0);
    }
    this.#before = all.subarray(0, at);
    this.#session = Number(all.toString("latin1", at + this.#mark.length, end));
    return all.subarray(end + 1);
  }
}
